"""Between two hubs nobody reads, and nobody says anything in another's name."""

from cryptography.exceptions import InvalidTag
import pytest

from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.links.pairing import Pairing, new_code, read_code

CODE = "MZ2R-LHXC-UNIP-RBSW-AZRO-JEG7-B3YH-7V5A"


def test_what_one_hub_seals_the_other_reads() -> None:
    """The code may be typed in as it was read out: in small letters, with spaces."""
    code = new_code()
    one, other = Pairing.of(code), Pairing.of(code.lower().replace("-", " "))
    sealed = one.seal(one.topic("list"), "粤B")
    assert other.unseal(one.topic("list"), sealed) == "粤B"
    assert "粤B".encode() not in sealed
    assert code.replace("-", "")[8:] not in one.topic("list")


def test_another_code_another_topic_and_a_changed_byte_read_nothing() -> None:
    """Who sits at the broker must not pass an old answer off as a list, or change one sign of it."""
    code = new_code()
    pairing, topic = Pairing.of(code), "prepaid_parking/X/list"
    sealed = pairing.seal(topic, "a")
    typo = code[:-1] + ("A" if code[-1] != "A" else "B")
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for reader, at, said in (
        (Pairing.of(typo), topic, sealed),
        (pairing, "prepaid_parking/X/answers", sealed),
        (pairing, topic, changed),
        (pairing, topic, b"not sealed"),
        (pairing, topic, b""),
    ):
        with pytest.raises(CoreError, match="pairing_code_wrong") as caught:
            reader.unseal(at, said)
        assert isinstance(caught.value.__cause__, InvalidTag | ValueError)


@pytest.mark.parametrize("text", ["", "ABCD", CODE[:-1], CODE + "A", "0" * 32])
def test_what_cannot_be_a_code_is_refused(text: str) -> None:
    """A sign too few would otherwise be a pair that never hears anything."""
    assert read_code(CODE)
    with pytest.raises(CoreError, match="pairing_code_invalid"):
        read_code(text)


def test_no_two_codes_are_alike() -> None:
    """Two sites on one broker must not share a pair."""
    codes = {new_code() for _ in range(100)}
    assert len({Pairing.of(code).pair for code in codes}) == 100
