"""By which words a product is known."""

from fractions import Fraction

from avakit.preparation.clip.coding import OPTIONS
from avakit.preparation.provenance import Word, words_of
from avakit.preparation.recipe import recipe_of
from avakit.preparation.subject import Subject

SECOND = (Fraction(902),)
SUBJECT = Subject("v", Fraction(900), Fraction(30), 90, (SECOND[0], SECOND[0]), SECOND, 0, meant=SECOND)


def words(name: str, **options: object) -> dict[str, Word]:
    return words_of(name, SUBJECT, recipe_of([name], **options))  # type: ignore[arg-type]


def test_what_is_encoded_is_known_by_its_encoder() -> None:
    coding = str(words("clips")["coding"])
    assert coding.startswith("libx264 ")
    assert all(f"{name}={value}" in coding for name, value in OPTIONS.items())
    for other in (words("clips", copy=True), words("audio"), words("frames")):
        assert "coding" not in other


def test_every_store_is_another_product_but_of_sound() -> None:
    assert words("audio") == words("audio", store="tar")
    for name in ("clips", "crops"):
        assert (words(name)["store"], words(name, store="tar")["store"]) == ("folder", "tar")
