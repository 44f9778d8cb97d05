"""Words people use for classes, and the published class names each of them stands for."""

from __future__ import annotations

from typing import Final

from . import class_tables as t

EVERYTHING: Final = (
    "everything",
    "all",
    "anything",
    "object",
    "all object",
    "detection",
    "all detection",
    "detected object",
    "class",
    "all class",
    "every class",
    "all land cover",
    "land cover",
    "land cover class",
)

_CARGO_SHIPS: Final = ("Container Ship", "Liquid Cargo Ship", "Dry Cargo Ship")
_TANKERS: Final = ("Oil Tanker", "Liquid Cargo Ship")
_SHIPS: Final = (*t.XVIEW_SHIPS, *t.FAIR1M_SHIPS)
_AIRCRAFT: Final = (*t.XVIEW_AIRCRAFT, *t.FAIR1M_AIRCRAFT)
_AIRLINERS: Final = ("Passenger/Cargo Plane", *t.FAIR1M_AIRCRAFT[:-1])
_PLANES: Final = (*t.XVIEW_AIRCRAFT[:-1], *t.FAIR1M_AIRCRAFT)
_TRUCKS: Final = (*t.XVIEW_TRUCKS, "Dump Truck", "Haul Truck")
_ROAD: Final = (*t.XVIEW_CARS, *_TRUCKS, *t.FAIR1M_VEHICLES)
_MACHINES: Final = (*t.XVIEW_ENGINEERING, "Crane Truck", "Tractor")
_CRANES: Final = ("Tower Crane", "Container Crane", "Mobile Crane", "Crane Truck")
_CONTAINERS: Final = ("Shipping Container", "Shipping Container Lot")
_CROPS: Final = tuple(
    c for c in t.BIGEARTHNET_FARMLAND if c not in ("Pastures", "Agro-forestry areas")
)
_ARABLE: Final = ("Non-irrigated arable land", "Permanently irrigated land", "Rice fields")
_INLAND_WATER: Final = ("Water courses", "Water bodies")
_BUILT_UP: Final = ("Continuous urban fabric", "Discontinuous urban fabric")
_GRASS: Final = ("Natural grassland", "Pastures")

_GROUPS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("ship|vessel|boat|watercraft|maritime traffic|shipping|marine vessel|sea vessel", _SHIPS),
    ("cargo ship|cargo vessel|freighter|cargo boat|merchant ship|freight ship", _CARGO_SHIPS),
    ("container vessel|containership|box ship", ("Container Ship",)),
    ("tanker|tanker ship|petrol tanker|gas tanker|oil ship|tank ship", _TANKERS),
    ("fishing boat|fishing vessel|fishing ship|trawler|fisher", ("Fishing Vessel", "Fishing Boat")),
    ("tug|tug boat", ("Tugboat",)),
    ("speedboat|motor boat|powerboat", ("Motorboat",)),
    ("sailing boat|sail boat|sailing ship|sailing vessel", ("Sailboat",)),
    ("ferry boat|passenger boat|cruise ship|passenger vessel|liner", ("Ferry", "Passenger Ship")),
    ("naval ship|navy ship|military ship|war ship|naval vessel|military vessel", ("Warship",)),
    ("aircraft|airplane|aeroplane|plane|air traffic", _AIRCRAFT),
    ("airliner|passenger plane|cargo plane|jet|jetliner|commercial aircraft", _AIRLINERS),
    ("fixed wing|fixed wing plane|winged aircraft", _PLANES),
    ("small plane|light aircraft|private plane", ("Small Aircraft",)),
    ("boeing|boeing plane|boeing aircraft", t.FAIR1M_AIRCRAFT[:4]),
    ("airbus|airbus plane|airbus aircraft", t.FAIR1M_AIRCRAFT[6:10]),
    ("chopper|rotorcraft", ("Helicopter",)),
    ("vehicle|road vehicle|motor vehicle|car and truck|road traffic", _ROAD),
    ("car|automobile|auto|motorcar", ("Passenger Vehicle", "Small Car")),
    ("coach", ("Bus",)),
    ("truck|lorry|heavy vehicle", tuple(c for c in _ROAD if "Truck" in c)),
    ("freight truck|delivery truck", ("Cargo Truck",)),
    ("pickup|pick up|pick up truck", ("Pickup Truck",)),
    ("dumper|tipper", ("Dump Truck",)),
    ("train|railway car|rail vehicle|railcar|wagon|rolling stock|rail car", t.XVIEW_RAIL),
    ("engine|railway engine", ("Locomotive",)),
    ("tank wagon", ("Tank Car",)),
    (
        "construction vehicle|construction machine|construction machinery|machinery|"
        "heavy machinery|heavy equipment|engineering machine|construction equipment|digger",
        _MACHINES,
    ),
    ("crane", _CRANES),
    ("harbour crane|port crane|gantry crane|ship to shore crane", ("Container Crane",)),
    ("bulldozer|dozer|front loader|loader", ("Front Loader/Bulldozer",)),
    ("building|structure|house|built structure", t.XVIEW_BUILDINGS),
    ("hangar", ("Aircraft Hangar",)),
    ("tent|hut", ("Hut/Tent",)),
    ("destroyed building|ruin|damaged house|damaged structure", ("Damaged Building",)),
    ("building site", ("Construction Site", "Construction sites")),
    ("parking lot|car park|parking", ("Vehicle Lot",)),
    ("tank|oil tank|fuel tank|storage silo|oil storage tank", ("Storage Tank",)),
    ("container|cargo container|freight container", _CONTAINERS),
    ("container yard|container lot|container terminal", ("Shipping Container Lot",)),
    ("mast|electricity pylon|power pylon|transmission tower", ("Pylon", "Tower")),
    ("sport field|sport ground|sport facility|sports pitch|playing field", t.FAIR1M_COURTS),
    ("leisure facility|sport and leisure facility", ("Sport and leisure facilities",)),
    ("soccer field|football pitch|soccer pitch", ("Football Field",)),
    ("baseball diamond|baseball pitch", ("Baseball Field",)),
    ("traffic circle|rotary", ("Roundabout",)),
    ("crossroad|road crossing|junction", ("Intersection",)),
    ("forest|woodland|wood|tree|tree cover|forested area|woods", t.BIGEARTHNET_FOREST),
    ("conifer|coniferous wood|evergreen forest|needleleaf forest", ("Coniferous forest",)),
    ("deciduous forest|broadleaf forest|broadleaved forest", ("Broad-leaved forest",)),
    ("farmland|crop|cropland|agriculture|agricultural land|farm|agricultural area", _CROPS),
    ("cultivated land|farm land|crop field", _CROPS),
    ("arable land|arable field|field", _ARABLE),
    ("rice paddy|paddy field|paddy|rice", ("Rice fields",)),
    ("vine|wine growing", ("Vineyards",)),
    ("olive|olive tree|olive orchard", ("Olive groves",)),
    ("orchard|fruit tree|berry plantation", ("Fruit trees and berry plantations",)),
    ("grassland|grass|meadow", _GRASS),
    ("heath|heathland|moor|moorland", ("Moors and heathland",)),
    ("shrub|shrubland|scrub|bush", ("Transitional woodland/shrub", "Sclerophyllous vegetation")),
    ("water|open water|water surface", t.BIGEARTHNET_WATER),
    ("inland water|fresh water|freshwater", _INLAND_WATER),
    ("river|stream|canal|waterway", ("Water courses",)),
    ("lake|reservoir|pond", ("Water bodies",)),
    ("sea|ocean|marine water", ("Sea and ocean",)),
    ("lagoon", ("Coastal lagoons",)),
    ("wetland|wet land", t.BIGEARTHNET_WETLAND),
    ("marsh|marshland|swamp", ("Inland marshes", "Salt marshes")),
    ("bog|peat|peatland|mire", ("Peatbogs",)),
    ("salt pan|saltern|salt works", ("Salines",)),
    ("mudflat|tidal flat", ("Intertidal flats",)),
    ("beach|dune|sand", ("Beaches, dunes, sands",)),
    ("burnt area|burned area|burn scar|fire scar|burned land", ("Burnt areas",)),
    ("rock|bare ground|bare land", ("Bare rock", "Sparsely vegetated areas")),
    ("urban|urban area|built up|built up area|urban fabric|settlement|city area", _BUILT_UP),
    ("urban land|artificial surface|artificial area|developed land", t.BIGEARTHNET_URBAN),
    ("park|urban park|green space|urban green", ("Green urban areas",)),
    ("industrial area|industry|industrial|industrial zone", ("Industrial or commercial units",)),
    ("commercial area|factory|industrial unit", ("Industrial or commercial units",)),
    ("harbour area|port area|harbor area|dock area", ("Port areas",)),
    ("road and rail network|road network|transport network", (t.BIGEARTHNET_URBAN[3],)),
    ("quarry|mine|mining area|open pit", ("Mineral extraction sites",)),
    ("landfill|dump|waste dump", ("Dump sites",)),
)

WORDS: Final[dict[str, tuple[str, ...]]] = {
    phrase: classes for phrases, classes in _GROUPS for phrase in phrases.split("|")
}
