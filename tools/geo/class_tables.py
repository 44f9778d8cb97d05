"""The published class names of the data sets Terragate knows, in the order of their own lists.

xView: the 60 named classes of `xview_class_labels.txt` (Lam et al. 2018, arXiv 1802.07856), in the
order of their `type_id`. That file writes "Tank car", "Tower crane", "Front loader/Bulldozer" and
"Shipping container lot"; here every word begins with a capital letter.

FAIR1M: the 37 names that its label files hold (Sun et al. 2022, arXiv 2103.05569). The paper speaks
of an "Airbus A320" where the label files have "A321".

BigEarthNet: the 43 original labels of the archive (Sumbul et al. 2019, IGARSS), which are CORINE
Land Cover 2018 level 3 without "Glaciers and perpetual snow", in the archive's own spelling, in the
order of CORINE's groups.
"""

from __future__ import annotations

XVIEW_AIRCRAFT = ("Fixed-wing Aircraft", "Small Aircraft", "Passenger/Cargo Plane", "Helicopter")
XVIEW_CARS = ("Passenger Vehicle", "Small Car", "Bus")
XVIEW_TRUCKS = (
    "Pickup Truck",
    "Utility Truck",
    "Truck",
    "Cargo Truck",
    "Truck Tractor w/ Box Trailer",
    "Truck Tractor",
    "Trailer",
    "Truck Tractor w/ Flatbed Trailer",
    "Truck Tractor w/ Liquid Tank",
    "Crane Truck",
)
XVIEW_RAIL = (
    "Railway Vehicle",
    "Passenger Car",
    "Cargo/Container Car",
    "Flat Car",
    "Tank Car",
    "Locomotive",
)
XVIEW_SHIPS = (
    "Maritime Vessel",
    "Motorboat",
    "Sailboat",
    "Tugboat",
    "Barge",
    "Fishing Vessel",
    "Ferry",
    "Yacht",
    "Container Ship",
    "Oil Tanker",
)
XVIEW_ENGINEERING = (
    "Engineering Vehicle",
    "Tower Crane",
    "Container Crane",
    "Reach Stacker",
    "Straddle Carrier",
    "Mobile Crane",
    "Dump Truck",
    "Haul Truck",
    "Scraper/Tractor",
    "Front Loader/Bulldozer",
    "Excavator",
    "Cement Mixer",
    "Ground Grader",
)
XVIEW_BUILDINGS = (
    "Hut/Tent",
    "Shed",
    "Building",
    "Aircraft Hangar",
    "Damaged Building",
    "Facility",
)
XVIEW_SITES = (
    "Construction Site",
    "Vehicle Lot",
    "Helipad",
    "Storage Tank",
    "Shipping Container Lot",
    "Shipping Container",
    "Pylon",
    "Tower",
)
XVIEW_CLASSES: tuple[str, ...] = (
    *XVIEW_AIRCRAFT,
    *XVIEW_CARS,
    *XVIEW_TRUCKS,
    *XVIEW_RAIL,
    *XVIEW_SHIPS,
    *XVIEW_ENGINEERING,
    *XVIEW_BUILDINGS,
    *XVIEW_SITES,
)

FAIR1M_AIRCRAFT = (
    "Boeing737",
    "Boeing747",
    "Boeing777",
    "Boeing787",
    "ARJ21",
    "C919",
    "A220",
    "A321",
    "A330",
    "A350",
    "other-airplane",
)
FAIR1M_SHIPS = (
    "Passenger Ship",
    "Motorboat",
    "Fishing Boat",
    "Tugboat",
    "Engineering Ship",
    "Liquid Cargo Ship",
    "Dry Cargo Ship",
    "Warship",
    "other-ship",
)
FAIR1M_VEHICLES = (
    "Small Car",
    "Bus",
    "Cargo Truck",
    "Dump Truck",
    "Van",
    "Trailer",
    "Tractor",
    "Excavator",
    "Truck Tractor",
    "other-vehicle",
)
FAIR1M_COURTS = ("Baseball Field", "Basketball Court", "Football Field", "Tennis Court")
FAIR1M_ROADS = ("Roundabout", "Intersection", "Bridge")
FAIR1M_CLASSES: tuple[str, ...] = (
    *FAIR1M_AIRCRAFT,
    *FAIR1M_SHIPS,
    *FAIR1M_VEHICLES,
    *FAIR1M_COURTS,
    *FAIR1M_ROADS,
)

BIGEARTHNET_URBAN = (
    "Continuous urban fabric",
    "Discontinuous urban fabric",
    "Industrial or commercial units",
    "Road and rail networks and associated land",
    "Port areas",
    "Airports",
    "Mineral extraction sites",
    "Dump sites",
    "Construction sites",
    "Green urban areas",
    "Sport and leisure facilities",
)
BIGEARTHNET_FARMLAND = (
    "Non-irrigated arable land",
    "Permanently irrigated land",
    "Rice fields",
    "Vineyards",
    "Fruit trees and berry plantations",
    "Olive groves",
    "Pastures",
    "Annual crops associated with permanent crops",
    "Complex cultivation patterns",
    "Land principally occupied by agriculture, with significant areas of natural vegetation",
    "Agro-forestry areas",
)
BIGEARTHNET_FOREST = ("Broad-leaved forest", "Coniferous forest", "Mixed forest")
BIGEARTHNET_OPEN = (
    "Natural grassland",
    "Moors and heathland",
    "Sclerophyllous vegetation",
    "Transitional woodland/shrub",
    "Beaches, dunes, sands",
    "Bare rock",
    "Sparsely vegetated areas",
    "Burnt areas",
)
BIGEARTHNET_WETLAND = (
    "Inland marshes",
    "Peatbogs",
    "Salt marshes",
    "Salines",
    "Intertidal flats",
)
BIGEARTHNET_WATER = (
    "Water courses",
    "Water bodies",
    "Coastal lagoons",
    "Estuaries",
    "Sea and ocean",
)
BIGEARTHNET_CLASSES: tuple[str, ...] = (
    *BIGEARTHNET_URBAN,
    *BIGEARTHNET_FARMLAND,
    *BIGEARTHNET_FOREST,
    *BIGEARTHNET_OPEN,
    *BIGEARTHNET_WETLAND,
    *BIGEARTHNET_WATER,
)
