"""Categories of what is owed: one purpose each, one account each."""

import pytest

from custom_components.prepaid_parking.core.category import Category, check_purpose
from custom_components.prepaid_parking.core.chart import Bucket
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.wallet import Purpose


@pytest.mark.parametrize("category", Category)
def test_each_category_has_an_account_of_its_own(category: Category) -> None:
    """Rent that stood among the water debts would be recovered from water money."""
    assert category.bucket is Bucket[f"DEBT_{category.name}"]
    assert [one for one in Category if one.bucket is category.bucket] == [category]


@pytest.mark.parametrize("category", Category)
@pytest.mark.parametrize("purpose", Purpose)
def test_money_of_one_purpose_pays_no_other_ones_category(
    category: Category, purpose: Purpose
) -> None:
    """The tenant in arrears with the rent must not find the light money gone."""
    if category.purpose is purpose:
        check_purpose(category, purpose, "w1")
        return
    with pytest.raises(CoreError, match="wallet_wrong_purpose"):
        check_purpose(category, purpose, "w1")


def test_only_what_is_metered_is_the_utility_wallets() -> None:
    """Rent, property fee, service and parking are paid from elsewhere."""
    of_utility = [one for one in Category if one.purpose is Purpose.UTILITY]
    assert of_utility == [Category.UTILITY]
