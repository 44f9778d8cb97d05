"""Objects and land cover in scenes, by detectors behind one protocol.

A detector is a table of labels that a catalog holds (`precomputed`) or an ONNX model in a folder
that the operator names (`onnx`). Model files run only after `model_check` has let them through.
"""
