"""The drawn tables contain every row type, so that the tests over them cover a new one."""

from typing import get_args

import pytest
from drawn import tables
from hypothesis import Phase, find, settings

from striate.tables import Row


@pytest.mark.parametrize("row_type", get_args(Row), ids=lambda row_type: row_type.__name__)
def test_every_row_type_is_drawn(row_type):
    search = settings(max_examples=1000, phases=[Phase.generate], derandomize=True, database=None)
    find(tables(), lambda table: any(isinstance(row, row_type) for row in table.rows), settings=search)
