"""Two hundred lives of sites, killed again and again: no kilowatt-hour and no cent is lost or doubled.

They are lived in processes of their own: `python -m tests.simulation` is the way to live any of them
again, and its own words say which failed, at which step, and how to see it.
"""

from pathlib import Path
import subprocess
import sys

import pytest

REPOSITORY = Path(__file__).parents[2]


def lived(*arguments: str) -> tuple[bool, str]:
    """Live lives; returns whether all went well, and what was said."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0, done.stdout + done.stderr


@pytest.mark.timeout(300)
def test_two_hundred_lives_end_with_true_books() -> None:
    """Whoever is billed by a hub that loses power is billed for what was used, once."""
    well, said = lived("--seeds", "200", "--steps", "30")
    assert well, said


@pytest.mark.timeout(300)
def test_thirty_lives_with_payments_by_phone_end_with_true_books() -> None:
    """Whoever paid is credited once, and what the provider holds is what the books say it holds."""
    well, said = lived("--phones", "--seeds", "30", "--steps", "30")
    assert well, said


@pytest.mark.timeout(300)
def test_twenty_lives_of_their_own_mix_end_with_true_books() -> None:
    """A house with a busy cashier and no phones, or the other way round, is somebody's house."""
    well, said = lived("--phones", "--mixed", "--seeds", "20", "--steps", "30")
    assert well, said


@pytest.mark.long
@pytest.mark.timeout(14_400)
@pytest.mark.parametrize(
    ("seeds", "flags"), [("3000", ()), ("500", ("--phones",)), ("1000", ("--phones", "--mixed"))]
)
def test_thousands_of_longer_lives_end_with_true_books(seeds: str, flags: tuple[str, ...]) -> None:
    """What happens once in a thousand years happens to somebody."""
    well, said = lived("--seeds", seeds, "--from", "1001", "--steps", "150", *flags)
    assert well, said


def test_a_life_that_fails_says_how_to_see_it_again() -> None:
    """A failure that nobody can repeat is never found; two runs of one seed are the same life."""
    first, again = (lived("--seeds", "1", "--from", "7", "--steps", "25")[1] for _ in range(2))
    assert first.splitlines()[-1] == again.splitlines()[-1]
