"""Every column that the Aid Worker Security Database has published since 2016, in any of its shapes."""

from typing import NamedTuple

from node.intake.columns import Column
from node.model import Outcome, Sex, Staff


class CountColumn(NamedTuple):
    """A column that counts the affected persons of one staff type and outcome."""

    field: str
    staff: Staff
    outcome: Outcome


COUNTS = (
    CountColumn("nationals_killed", Staff.NATIONAL, Outcome.KILLED),
    CountColumn("nationals_wounded", Staff.NATIONAL, Outcome.INJURED),
    CountColumn("nationals_kidnapped", Staff.NATIONAL, Outcome.ABDUCTED),
    CountColumn("nationals_detained", Staff.NATIONAL, Outcome.DETAINED),
    CountColumn("internationals_killed", Staff.INTERNATIONAL, Outcome.KILLED),
    CountColumn("internationals_wounded", Staff.INTERNATIONAL, Outcome.INJURED),
    CountColumn("internationals_kidnapped", Staff.INTERNATIONAL, Outcome.ABDUCTED),
    CountColumn("internationals_detained", Staff.INTERNATIONAL, Outcome.DETAINED),
)
TOTALS: dict[str, Staff | Outcome | None] = {  # what each total adds up; `None` is everybody
    "total_nationals": Staff.NATIONAL,
    "total_internationals": Staff.INTERNATIONAL,
    "total_killed": Outcome.KILLED,
    "total_wounded": Outcome.INJURED,
    "total_kidnapped": Outcome.ABDUCTED,
    "total_detained": Outcome.DETAINED,
    "total_affected": None,
}
SEXES = {"gender_male": Sex.MALE, "gender_female": Sex.FEMALE, "gender_unknown": Sex.UNKNOWN}
EMPLOYERS = {  # code of the list `organization_type`
    "un": "un",
    "ingo": "ingo",
    "nngo": "nngo",
    "nngo_or_nrcs": "nngo_or_rcrc",
    "icrc": "icrc",
    "ifrc": "rcrc",
    "nrcs": "rcrc",
    "nrcs_and_ifrc": "rcrc",
    "other": "other",
}
CODES = {  # code list of each coded column
    "means": "means",
    "context": "context",
    "location": "location_type",
    "motive": "motive",
    "actor_type": "actor_type",
}
DEGREES = ("latitude", "longitude")

COLUMNS = (
    Column("id", "Incident ID", ("ID", "Incident number"), "#event+id", required=True),
    Column("year", "Year", tag="#date+year", required=True),
    Column("month", "Month", tag="#date+month"),
    Column("day", "Day", tag="#date+day"),
    Column("country_code", "Country Code", ("Country ISO", "ISO code"), "#country+code"),
    Column("country", "Country", ("Country name",), "#country+name+i_en", required=True),
    Column("region", "Region", ("Province", "Admin 1"), "#adm1+name+i_en"),
    Column("district", "District", ("Admin 2",), "#adm2+name+i_en"),
    Column("city", "City", ("City or village", "Town"), "#adm3+name+i_en"),
    Column("un", "UN", tag="#affected+UN"),
    Column("ingo", "INGO", tag="#affected+INGO"),
    Column("nngo", "NNGO", ("LNGO", "National NGO"), "#affected+NGO"),
    Column("nngo_or_nrcs", "LNGO/NRCS", ("LNGO and NRCS", "NNGO/NRCS"), "#affected+NGO"),
    Column("icrc", "ICRC", tag="#affected+ICRC"),
    Column("ifrc", "IFRC", tag="#affected+IFRC"),
    Column("nrcs", "NRCS", tag="#affected+NRCS"),
    Column("nrcs_and_ifrc", "NRCS and IFRC", ("NRCS/IFRC", "IFRC and NRCS", "NRCS & IFRC"), "#affected+IFRC"),
    Column("other", "Other", tag="#affected+other"),
    Column("nationals_killed", "Nationals killed", tag="#affected+killed+national", required=True),
    Column("nationals_wounded", "Nationals wounded", tag="#affected+injured+national", required=True),
    Column("nationals_kidnapped", "Nationals kidnapped", tag="#affected+kidnapped+national", required=True),
    Column("nationals_detained", "Nationals detained", tag="#affected+detained+national"),
    Column("total_nationals", "Total nationals", tag="#affected+total+national"),
    Column(
        "internationals_killed", "Internationals killed", tag="#affected+killed+international", required=True
    ),
    Column(
        "internationals_wounded",
        "Internationals wounded",
        tag="#affected+injured+international",
        required=True,
    ),
    Column(
        "internationals_kidnapped",
        "Internationals kidnapped",
        tag="#affected+kidnapped+international",
        required=True,
    ),
    Column("internationals_detained", "Internationals detained", tag="#affected+detained+international"),
    Column("total_internationals", "Total internationals", tag="#affected+total+international"),
    Column("total_killed", "Total killed", tag="#affected+total+killed"),
    Column("total_wounded", "Total wounded", tag="#affected+total+injured"),
    Column("total_kidnapped", "Total kidnapped", tag="#affected+total+kidnapped"),
    Column("total_detained", "Total detained", tag="#affected+total+detained"),
    Column("total_affected", "Total affected", tag="#affected+total"),
    Column("gender_male", "Gender Male", ("Male",), "#affected+total+m"),
    Column("gender_female", "Gender Female", ("Female",), "#affected+total+f"),
    Column("gender_unknown", "Gender Unknown", tag="#affected+total+i"),
    Column("means", "Means of attack", ("Means",), "#event+means+i_en"),
    Column("context", "Attack context", ("Context",), "#event+type+i_en"),
    Column("location", "Location", ("Location of attack",), "#loc+type+i_en"),
    Column("latitude", "Latitude", ("Lat",), "#geo+lat"),
    Column("longitude", "Longitude", ("Lon", "Long"), "#geo+lon"),
    Column("motive", "Motive", tag="#x_event_motive"),
    Column("actor_type", "Actor type", tag="#group+type+i_en"),
    Column("actor_name", "Actor name", tag="#group+name+i_en"),
    Column("details", "Details", tag="#description+i_en"),
    Column("verified", "Verified", tag="#status+verification"),
    Column("source", "Source", tag="#meta+source"),
)
