"""A list of spaces as the property office keeps it, in English or in Chinese; and the same list written."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Final

from .errors import CoreError
from .periods import Every
from .space import Grade, Location, Space, Tenure
from .unit import area_text, parse_area

CHINESE: Final = {
    "车位": "name", "车位号": "name", "名称": "name",
    "位置": "location", "产权": "tenure", "权属": "tenure", "类型": "grade", "等级": "grade",
    "容量": "capacity",
    "区域": "zone", "用途": "use", "面积": "area", "房间": "unit", "业主": "owner",
    "周期": "every", "起始日": "day", "生效日期": "since",
}  # fmt: skip
"""What the columns are called in Chinese; of several names the first is written."""
DELIMITER: Final = ";"
GUARD: Final = "'"
FORMULA: Final = ("=", "+", "-", "@", "'")
"""What a spreadsheet begins to reckon at; spaces of a basement are called "-1-023"."""
WRITTEN: Final = (
    *("name", "location", "tenure", "grade", "capacity", "zone", "use"),
    *("area", "unit", "owner", "every", "day"),
)
"""The columns of a list that is written. The day a change counts from is none: it was of that day."""
COLUMNS: Final = {**{name: name for name in (*WRITTEN, "since")}, **CHINESE}
"""The names a column may bear, and what each of them means."""
VALUES: Final[Mapping[str, Mapping[str, StrEnum]]] = {
    "location": {
        **{one.value: one for one in Location},
        "露天": Location.OPEN_AIR, "地下": Location.UNDERGROUND, "停车楼": Location.BUILDING,
    },
    "tenure": {
        **{one.value: one for one in Tenure},
        "产权": Tenure.OWNED, "产权车位": Tenure.OWNED, "租赁": Tenure.RENTED,
        "租赁车位": Tenure.RENTED, "月租": Tenure.RENTED, "临停": Tenure.TEMPORARY,
        "临停车位": Tenure.TEMPORARY,
        "自有": Tenure.OWNED, "租用": Tenure.RENTED, "临时": Tenure.TEMPORARY,
    },
    "grade": {
        **{one.value: one for one in Grade},
        "普通车位": Grade.ORDINARY, "子母车位": Grade.TANDEM, "三联车位": Grade.TRIPLE,
        "多联车位": Grade.MULTIPLE,
        "普通": Grade.ORDINARY, "子母": Grade.TANDEM, "三联": Grade.TRIPLE, "多联": Grade.MULTIPLE,
    },
    "every": {
        **{one.value: one for one in Every},
        "月": Every.MONTH, "季度": Every.QUARTER, "半年": Every.HALF_YEAR, "年": Every.YEAR,
    },
}  # fmt: skip
"""What may stand in a column that has its own words; of several the last is written."""


def changes_of(cells: Mapping[str, str]) -> dict[str, object]:
    """Turn what somebody wrote of a space into its values; what is left empty is not changed.

    Who owns it and which unit it belongs to are left as they were written: only a site knows them.
    """
    changes: dict[str, object] = {}
    for name, text in cells.items():
        said = tidy(text)
        match name:
            case _ if not said:
                continue
            case "area":
                changes["area_cm2"] = parse_area(said)
            case "capacity" | "day":
                changes[name] = _whole(name, said)
            case "since":
                changes["since"] = _day(said)
            case _ if name in VALUES:
                changes[name] = _one_of(name, said)
            case _:
                changes[name] = said
    return changes


def tidy(text: str) -> str:
    """Return a text in one line: a name with a line break in it is found by nobody."""
    said = " ".join(text.split())
    return said[len(GUARD) :] if said.startswith(GUARD) and said[1:].startswith(FORMULA) else said


def write_list(spaces: Iterable[Space], *, chinese: bool = False) -> str:
    """Write spaces as a table that reads back as what they are."""
    titles, words = dict(zip(WRITTEN, WRITTEN, strict=True)), dict[StrEnum, str]()
    if chinese:
        titles = {column: title for title, column in reversed(CHINESE.items())}
        words = {value: word for known in VALUES.values() for word, value in known.items()}
    lines = [DELIMITER.join(titles[column] for column in WRITTEN)]
    for space in spaces:
        cells = {
            "name": space.name,
            "location": words.get(space.location, space.location),
            "tenure": words.get(space.tenure, space.tenure),
            "grade": words.get(space.grade, space.grade),
            "capacity": str(space.capacity),
            "zone": space.zone,
            "use": space.use,
            "area": area_text(space.area_cm2),
            "unit": space.unit,
            "owner": space.wallet,
            "every": words.get(space.every, space.every),
            "day": str(space.day),
        }
        lines.append(DELIMITER.join(_cell(cells[column]) for column in WRITTEN))
    return "".join(f"{line}\n" for line in lines)


def _cell(text: str) -> str:
    """Write a cell so that it reads back as it is, and no spreadsheet takes it for a formula."""
    if text.startswith(FORMULA):
        text = f"{GUARD}{text}"
    if DELIMITER in text or '"' in text:
        text = '"' + text.replace('"', '""') + '"'
    return text


def _one_of(column: str, said: str) -> StrEnum:
    known = VALUES[column]
    found = known.get(said.casefold())
    if found is None:
        raise CoreError("list_unknown_value", column=column, value=said, known=", ".join(known))
    return found


def _whole(column: str, said: str) -> int:
    if not (said.isascii() and said.isdecimal()):
        raise CoreError("list_not_whole", column=column, value=said)
    return int(said[:9])


def _day(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError as err:
        raise CoreError("list_not_a_day", value=said) from err
