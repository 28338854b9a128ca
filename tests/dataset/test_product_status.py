"""What `status` says of products: how many, and whether one way made them all."""

from avakit.dataset.product_status import product_lines, product_status
from avakit.dataset.rows import Json, ProductRow

NOW = {"avakit": "2.0", "av": "18.1.0", "simplejpeg": "1.9.0", "libavcodec": "62"}


def row(video: str, product: str = "frames", have: bool = True, **changes: str | int) -> ProductRow:
    recipe: dict[str, Json] = {"product": product, "quality": 90, "wanted_sha256": video, **changes}
    versions = {**NOW, "avakit": str(changes.get("avakit", "2.0"))}
    recipe.pop("avakit", None)
    return ProductRow(
        video, product, recipe, versions, {"files": 10} if have else {}, None, "", 100 * have, have
    )


def test_what_one_way_made_is_one_line_a_product() -> None:
    found = product_status([row("a"), row("b"), row("a", "audio"), row("c", have=False)], NOW)
    assert [(one["product"], one["videos"], one["refused"]) for one in found] == [
        ("audio", 1, 0),
        ("frames", 2, 1),
    ]
    assert product_lines(found) == [
        "audio: 1 video, 10 files, 100 bytes",
        "frames: 2 videos, 20 files, 200 bytes; 1 refused",
    ]


def test_another_version_and_another_recipe_are_said() -> None:
    found = product_status([row("a", avakit="1.0"), row("b"), row("c", quality=50)], NOW)
    (frames,) = found
    assert (frames["other_versions"], frames["recipes"]) == (1, 2)
    _, version, recipe = product_lines(found)
    assert "1 made by other versions than are here now (2 by avakit 2.0, av 18.1.0" in version
    assert "1 by avakit 1.0" in version
    assert "delete frames/" in version
    assert "by 2 different recipes" in recipe
