"""The page of `striate check --deep` in a browser: what is decided there is a file that training honours."""

import numpy as np
from browser import visit
from PIL import Image

from striate.data import DECISIONS_NAME, list_decided
from striate.doctor import diagnose, write_diagnosis_page


def test_a_decision_becomes_a_file_that_is_honoured(chromium, tmp_path):
    root, generator = tmp_path / "set", np.random.default_rng(0)
    for label in ("cat", 'd"o<g'):
        (root / label).mkdir(parents=True)
        for number in range(8):
            pixels = generator.integers(0, 256, (32, 32, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / label / f"{number}.png")
    small = root / "cat" / "small.png"
    Image.fromarray(generator.integers(0, 256, (9, 9, 3), dtype=np.uint8)).save(small)
    page_path = tmp_path / "page.html"
    write_diagnosis_page(diagnose(str(root)), page_path)
    with visit(chromium, page_path.as_uri(), base=tmp_path.as_uri()) as page:
        field = page.locator('fieldset[data-path="cat/small.png"]').first
        decision, label = field.locator("select").all()
        assert not label.is_visible()
        decision.select_option("relabel")
        label.select_option('d"o<g')
        with page.expect_download() as download:
            page.click("#save")
        assert download.value.suggested_filename == DECISIONS_NAME
        download.value.save_as(root / DECISIONS_NAME)
    (relabelled,) = [image for image in list_decided(root).images if image.path == small]
    assert relabelled.label == 'd"o<g'
    again = tmp_path / "again.html"
    write_diagnosis_page(diagnose(str(root)), again)
    with visit(
        chromium, again.as_uri(), base=tmp_path.as_uri()
    ) as page:  # what was decided is no finding again, and stays in the file
        assert page.locator('fieldset[data-path="cat/small.png"]').count() == 0
        assert 'path = "cat/small.png"' in page.input_value("#toml")
