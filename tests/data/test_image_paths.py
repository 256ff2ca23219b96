"""The images that names give: of folders, patterns, links; each once, and every name answered."""

from pathlib import Path

import pytest
from systems import posix

from striate.data.folders import list_folder
from striate.data.image_paths import describe_paths, image_paths


@pytest.fixture
def root(tmp_path, monkeypatch):
    """q/ with pictures in folders, and what is passed over."""
    for path in (
        "q/1.png", "q/a/2.JPG", "q/a/b/3.jfif", "q/a/b/notes.txt", "q/c/4.tiff", "q/c/5.avif", "q/a/photo.heic",
        "q/@eaDir/1.png", "q/a/__MACOSX/2.jpg", "q/a/._2.JPG", "q/.hidden/6.png", "q/Thumbs.db", "q/empty/x.txt",
    ):  # fmt: skip
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


IMAGES = ["q/1.png", "q/a/2.JPG", "q/a/b/3.jfif", "q/c/4.tiff", "q/c/5.avif"]


def found(*names):
    return [path.as_posix() for path in image_paths(names)]


@pytest.mark.parametrize(
    ("names", "paths"),
    [
        (["q"], IMAGES),
        (["q/**"], IMAGES),
        (["q/*"], IMAGES),
        (["**"], IMAGES),
        (["q/**/*.*"], IMAGES),
        (["q/**/b"], ["q/a/b/3.jfif"]),
        (["q/a*"], IMAGES[1:3]),
        (["q/[ac]/*"], IMAGES[1:]),
        (["q/a/*.heic"], ["q/a/photo.heic"]),  # as it was asked for; the answer is why it cannot be read
        (["q/@eaDir/*"], ["q/@eaDir/1.png"]),
        (["q/.hidden"], ["q/.hidden/6.png"]),
        (["q/empty"], ["q/empty"]),
        (["q/none*"], ["q/none*"]),
        (["q/1.png", "q/1.png"], ["q/1.png", "q/1.png"]),
    ],
    ids=str,
)
@pytest.mark.usefixtures("root")
def test_what_a_name_gives(names, paths):
    assert sorted(found(*names)) == sorted(paths)


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("name", ["q", "q/**", "q/*"])
def test_what_is_passed_over_is_said(name):
    others = []
    paths = list(image_paths([name], others.append))
    line = describe_paths([name], paths, others)
    assert line.startswith(
        f"{name}: 5 images; passed over: 1 .heic (q/a/photo.heic; not read: convert it to JPEG or PNG)"
    )
    assert "1 @eaDir" in line
    assert len(others) == len(set(others))


@posix
@pytest.mark.parametrize("name", ["q", "q/**", "q/*", "**/*"])
def test_links_are_followed_as_in_training(root, name):
    """Each image once, in no circle; a link to a file that leads nowhere, or in a circle, is answered with its error."""
    (root / "elsewhere").mkdir()
    (root / "elsewhere" / "7.png").touch()
    links = {"q/linked": "elsewhere", "q/a/up": "q", "q/a/b/self": "q/a/b", "q/twice": "elsewhere"}
    for link, target in {**links, "q/lost.png": "nowhere.png", "q/ring.png": "q/ring.png"}.items():
        (root / link).symlink_to(root / target)
    places = [path.parent.resolve() / path.name for path in map(Path, found(name))]
    expected = [*IMAGES, "q/lost.png", "q/ring.png", "elsewhere/7.png"]
    assert sorted(places) == sorted(root / path for path in expected)


@posix
def test_training_and_prediction_take_the_same_images(root):
    (root / "elsewhere").mkdir()
    (root / "elsewhere" / "7.png").touch()
    (root / "q" / "a" / "linked").symlink_to(root / "elsewhere")
    (root / "q" / "c" / "linked").symlink_to(root / "elsewhere")
    listed = [image.path for image in list_folder(root / "q").images]
    assert sorted(listed) == sorted(path for path in image_paths([str(root / "q")]) if path.parent != root / "q")


@posix
def test_a_pattern_that_only_fits_broken_links_names_each(root):
    for link in ("x1.png", "x2.png"):
        (root / "q" / link).symlink_to(root / "nowhere")
    assert found("q/x*.png") == ["q/x1.png", "q/x2.png"]
    (root / "q" / "odd[1].png").symlink_to(root / "nowhere")
    assert found("q/odd[1].png") == ["q/odd[1].png"]
