"""Words that tell dates, places and ordinary English apart in a question."""

from __future__ import annotations

from typing import Final

_MONTHS: Final = """
january february
march april may june july august september october november december jan feb mar apr jun jul aug
sep sept oct nov dec
"""
_DATES: Final = """
spring summer autumn fall winter season first second third fourth last half quarter quarters of
the in and to until till from between since before after during through up prior by early mid late
beginning start end middle week weeks month months year years day days decade decades past
previous this current today yesterday now present onward onwards ago calendar period eighties
nineties one two three four five six seven eight nine ten eleven twelve couple few month's year's
"""
_DATE_EDGES: Final = """
of the in on at and to during for over within throughout across through up by first second third
fourth half quarter one two three four five six seven eight nine ten eleven twelve day days week
weeks month months year years decade calendar period season couple few month's year's from since
until till before after between prior early mid late beginning start middle
"""
_NEVER_FIRST: Final = """
of in and to for during on by through up period month months years days weeks quarters decades - – —
"""
_PREPOSITIONS: Final = """
in at near around of over off from within across by to for about inside outside along throughout
beside towards toward between covering
"""
# Ordinary words that are also names of towns, or that begin sentences and titles.
_COMMON: Final = """
a about above acre aboard across after again all alliance along alot also am among an and any
anything anyone apex are area areas archive as ash at aurora available average bank bar bath bay
be beaches bear been before begun bell below bend best between big boo boom both borne bottom
boulder bow brick but butterfly buy by calculate can capture cat center central centre check city
clay clear close cloud clouds coast coin color colour come commonwealth compare compute could
count country crystal current data dataset dataset's date dates deal dear delta describe detect
detected did difference dig dire display do does dome done draw drama drawn during each eagle east
entire enterprise estimate ever every everything everywhere exact exactly export fate file files
find fleet for format forest found fountain free from gap gay get give given go god goes golden
good got great greater green had half hand handle harbor harbour has have he hello help her here
hey hi high him hire his hit ho holiday hook horn how hub humble hurricane i if image imagery
images in independence index indices inside into is it item its just know large larger largest
latest layer least lens let liberal liberty like list load located location long look low make
male man manage manga many map maps march marina marks maximum may me mean measure median mentor
metro midway mile mine minimum mission mobile mon more moron moss most much must my near nearby
need new next nice no normal north not number numbers object objects of off officer oh oi ok okay
olympic on once one only open oral orange or other our out over pace para paradise parole part
peak pearl peer pen per picture pixel pixels place plantation plaque please plot plus po police
pop port possible providence provide punch quick ratio reading recent reckon region render report
republic reservoir result results retreat return rich right rouge run saga sake sale salt same
satellite save savage say scene scenes se see semi sensor series share shaping she ship ships
should show shown sim since site small so some somewhere sort south split spring springs station
statistics still study such summit sum sunset superior surprise swords table tank task tell temple
terrace than thank thanks that the their them then there these they thing this those through till
time tire to today tonight took top total tours town turbo type un under union university unique
until up us use using valley value values van very via view village villages visible vista wa
walker want wanted was water we web wedding week well were west what whatever when where whether
which while who whole whose why will with within without work would write ye yes you young your
zone zoom acquisition acquisitions captures ha overpasses passes photos pics
pictures shots snapshots takes
already cocoa ground window means looking locate mapping plants
vegetation moisture burn built statistic standard deviation threshold hectare hectares
square kilometre kilometres kilometer kilometers metre metres meter meters percent detection
detections
"""
_KNOWN: Final = """
ndvi ndwi mndwi ndbi nbr ndmi savi evi geojson gpkg geopackage cog geotiff tiff tif png html csv
json aoi gis utc esa nasa stac rgb nir swir phd ngo landsat sentinel modis copernicus index
earth european i'd i'm i'll i've monday tuesday wednesday thursday friday saturday sunday
"""

MONTHS: Final = frozenset(_MONTHS.split())
DATE_WORDS: Final = MONTHS | frozenset(_DATES.split())
DATE_EDGES: Final = frozenset(_DATE_EDGES.split())
DATE_NEVER_FIRST: Final = frozenset(_NEVER_FIRST.split())
DETERMINERS: Final = frozenset(
    ("our", "my", "your", "their", "his", "her", "a", "an", "this", "that", "some", "any", "no")
)
NAME_STARTS: Final = frozenset(
    ("east", "west", "north", "south", "new", "old", "port", "mount", "cape", "lake", "fort", "bay")
)
PREPOSITIONS: Final = frozenset(_PREPOSITIONS.split())
COMMON: Final = frozenset(_COMMON.split())
NEVER_PLACES: Final = frozenset(_KNOWN.split()) | (MONTHS - {"mar", "jun"})
INDEX_WORDS: Final = frozenset(("index", "indices"))
"""Words after a class word that make it part of an index's name ("water index")."""
NOT_A_YEAR_AFTER: Final = frozenset(("than", "least", "most", "exactly", "top"))
"""Words after which a lone four-digit number is a quantity."""
