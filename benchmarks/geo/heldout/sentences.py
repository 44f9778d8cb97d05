"""The held-out sentence structures; no training wording was read when they were written.

Placeholders: `{dates}` is any date phrase standing bare, `{period}` one that is a noun ("May
2020"), `{when}` one with its preposition ("in May 2020", "since May 2020"). `{objects}` is a class
of the data set that `{dataset}` names, or of the default one. The others are slots of `task.Slots`.
"""

from __future__ import annotations

from typing import NamedTuple

from ..task import Family, Output


class Sentence(NamedTuple):
    """One sentence structure, and what it asks for."""

    family: Family
    text: str
    output: Output = "none"


SENTENCES: tuple[Sentence, ...] = (
    Sentence("count", "Give me a tally of {objects} for {place}, {dates}."),
    Sentence("count", "{place}, {dates} - number of {objects}?"),
    Sentence("count", "what is the count of {objects} at {place} {when}"),
    Sentence(
        "count", "I am writing a report on {place}. How many {objects} were visible there {when}?"
    ),
    Sentence("count", "Within {distance} of {place}, how many {objects} show up {when}?"),
    Sentence("count", "According to {dataset}, {place} had how many {objects} {when}?"),
    Sentence("count", "count {objects} {place} {dates} {dataset}"),
    Sentence(
        "count", "Please check {place} and let me know the total of {objects} detected {when}."
    ),
    Sentence("count", "If you look at {period} only, how many {objects} does {place} have?"),
    Sentence("count", "Do we have any {objects} in {place} {when}, and if so how many?"),
    Sentence("count", "Number of {objects} in the {dataset} data around {place}, {dates}, please."),
    Sentence("count", "How many {objects} are on record for {place}?"),
    Sentence(
        "count", "Sum up the {objects} found no more than {distance} away from {place} {when}."
    ),
    Sentence("fetch", "How many times do we have {place} on a {dataset} image {when}?"),
    Sentence("fetch", "{dataset} {place} {dates} how many scenes"),
    Sentence(
        "fetch", "Search the archive for scenes of {place}, {dates}, and tell me what comes back."
    ),
    Sentence("fetch", "Are there pictures from space of {place} {when}? How many?"),
    Sentence("fetch", "I'm looking for imagery: {place}, {dates}."),
    Sentence("fetch", "Find {dataset} acquisitions within {distance} of {place} {when}."),
    Sentence("fetch", "Get me the available scenes for {place} {when}."),
    Sentence("fetch", "We are short of images of {place}. Count those that {dataset} took {when}."),
    Sentence("fetch", "what scenes exist at {place} for {period}"),
    Sentence("fetch", "Please retrieve every image which covers {place} {when}."),
    Sentence("index", "Calculate the {index} of {place} {when}."),
    Sentence("index", "{index} map, {place}, {dates}", "map"),
    Sentence("index", "Could you render the {index} at {place} {when} on the map?", "map"),
    Sentence("index", "I want to see the {index} around {place} as a picture, {dates}.", "picture"),
    Sentence("index", "Take the least cloudy image of {place} {when} and derive the {index}."),
    Sentence("index", "Save the {index} for {place} ({dates}) to a GeoTIFF file.", "cog"),
    Sentence("index", "please make png of {index}, area {place}, time {dates}", "picture"),
    Sentence(
        "index", "Our folder lacks the {index} of {place} for {period}, export it as COG.", "cog"
    ),
    Sentence("index", "How does the {index} look in {place} {when}? A map is fine.", "map"),
    Sentence("index", "{place}: {index}, {dates}, quick look please", "picture"),
    Sentence("zonal", "Compute the {statistic} of the {index} over {place} {when}."),
    Sentence("zonal", "{statistic} {index}, {place}, {dates}?"),
    Sentence("zonal", "Tell me, for {place} {when}, the {statistic} of its {index}."),
    Sentence("zonal", "I'd be glad to get the {index} {statistic} at {place} {when}."),
    Sentence("zonal", "One figure please: {statistic} {index} around {place} {when}."),
    Sentence("zonal", "{place}, {dates}. {index}. {statistic}."),
    Sentence(
        "zonal", "Within {distance} of {place}, what was the {statistic} of the {index} {when}?"
    ),
    Sentence(
        "zonal", "we compare cities; for {place} i need the {statistic} of the {index} {when}"
    ),
    Sentence("zonal", "Looking at {place} {when}, which {statistic} does the {index} have?"),
    Sentence(
        "area", "How big is the area of {place} with {index} {comparison} {threshold} {when}?"
    ),
    Sentence("area", "{index} {comparison} {threshold}, {place}, {dates}: hectares?"),
    Sentence(
        "area",
        "Hectares in {place} where the {index} was {comparison} {threshold} {when}, please.",
    ),
    Sentence(
        "area",
        "I need to know how many ha around {place} have the {index} {comparison} {threshold} "
        "{when}.",
    ),
    Sentence(
        "area",
        "Measure for {place} the surface whose {index} is {comparison} {threshold}; "
        "period: {dates}.",
    ),
    Sentence(
        "area",
        "what surface has {index} {comparison} {threshold} at {place}, best image of {period}",
    ),
    Sentence(
        "area",
        "Take {threshold} as limit. How many hectares of {place} have the {index} {comparison} "
        "it {when}?",
    ),
    Sentence(
        "area",
        "Could you work out the extent, in hectares, of {index} values {comparison} {threshold} "
        "near {place} {when}?",
    ),
    Sentence(
        "area",
        "On the map and in hectares: {place}, {index} {comparison} {threshold}, {dates}.",
        "map",
    ),
    Sentence("plot", "Map the {objects} of {place}, {dates}.", "map"),
    Sentence("plot", "Where are the {objects} in {place} {when}? Plot them.", "map"),
    Sentence("plot", "{objects} {place} {dates} map please", "map"),
    Sentence("plot", "I'd like a map on which I can see {objects} around {place} {when}.", "map"),
    Sentence("plot", "Please plot what {dataset} lists as {objects} at {place} {when}.", "map"),
    Sentence("plot", "Export {objects} for {place} {when} to GeoJSON.", "geojson"),
    Sentence("plot", "gpkg of the {objects} within {distance} of {place}, {dates}", "gpkg"),
    Sentence(
        "plot", "Which spots near {place} have {objects}? {dataset}, {dates}, on a map.", "map"
    ),
    Sentence(
        "plot", "Lay the outlines of the {dataset} scenes of {place} {when} over a map.", "map"
    ),
    Sentence("plot", "Draw the scene footprints for {place}, {dates}.", "map"),
    Sentence("zoom", "Fly to {place}."),
    Sentence("zoom", "Show {place} on the map, without any layers."),
    Sentence("zoom", "pan to {place} pls"),
    Sentence("zoom", "Where is {place}? Zoom in there."),
    Sentence("zoom", "Let the map start at {place}."),
    Sentence("zoom", "Set the view to {place}, thank you."),
    Sentence("zoom", "I have never seen {place}; bring it into view."),
    Sentence("zoom", "Zoom to {distance} around {place}."),
    Sentence("refuse", "Book me a hotel in {place} for {period}."),
    Sentence("refuse", "Who is the mayor of {place}?"),
    Sentence("refuse", "What was the air temperature in {place} {when}?"),
    Sentence("refuse", "How many passengers used the airport of {place} {when}?"),
    Sentence("refuse", "Which company runs the container terminal in {place}?"),
    Sentence("refuse", "tell me a joke about {place}"),
)
