"""What can be asked for, and what is said of the rest."""

from fractions import Fraction

import pytest

from avakit.errors import UsageError
from avakit.preparation.gaps import check_gaps
from avakit.preparation.recipe import NAMES, NATIVE, Recipe, check_products, recipe_of


def test_nothing_said_is_the_recipe_of_all() -> None:
    assert recipe_of(NAMES) == Recipe()


def test_numbers_are_exact_as_they_were_written() -> None:
    recipe = recipe_of(["frames"], fps="24000/1001", around=0.1, seconds="2.5")
    assert (recipe.fps, recipe.around, recipe.seconds) == (
        Fraction(24000, 1001),
        Fraction(1, 10),
        Fraction(5, 2),
    )
    assert recipe_of(["frames"], fps="native").fps == NATIVE


@pytest.mark.parametrize("names", [[], ["flow"]])
def test_products_that_cannot_be_made_are_said(names: list[str]) -> None:
    with pytest.raises(UsageError, match="There are: keyframes, frames"):
        check_products(names)


def test_a_policy_that_does_not_exist_is_said() -> None:
    with pytest.raises(UsageError, match="There are: error, skip, repeat_last"):
        check_gaps("ignore")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"store": "zip"}, "no store 'zip'. There are: folder, tar, video"),
        ({"store": "video"}, "holds frames, and no clips"),
        ({"fps": "fast"}, "--fps cannot be 'fast'. Give a number from 0.001 to 1000 or native"),
        ({"fps": "0"}, "--fps cannot be '0'"),
        ({"fps": "1/0"}, "--fps cannot be '1/0'"),
        ({"fps": "nan"}, "--fps cannot be 'nan'"),
        ({"around": "-1"}, "--around cannot be '-1'. Give a number from 0 to 600"),
        ({"seconds": "1e999999999"}, "--seconds cannot be"),
        ({"seconds": float("inf")}, "--seconds cannot be 'inf'"),
        ({"size": 1}, "cannot have 1 pixels. Give --size from 2 to 8192"),
        ({"margin": float("nan")}, "A margin cannot be nan"),
        ({"quality": 101}, "quality cannot be 101"),
    ],
)
def test_what_makes_no_sense_is_said(words: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        recipe_of(["clips"], **words)  # type: ignore[arg-type]
    assert sentence in str(caught.value)
