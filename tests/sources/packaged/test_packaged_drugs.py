from collections import Counter

from vesalius.sources.packaged.drugs import GROUPS, ROUTE_OF_FORM, drugs, group_of


def test_every_cell_of_the_list_is_of_the_vocabulary():
    assert len(drugs()) > 200
    for drug in drugs():
        assert drug.generic == " / ".join(sorted(drug.generic.split(" / "))) == drug.generic.lower().strip()
        assert drug.products and all(product.form in ROUTE_OF_FORM and all(product.strengths) for product in drug.products)
        forms = [product.form for product in drug.products]
        assert len(set(forms)) == len(forms)
        assert all(sold and set(sold) <= set(forms) for sold in drug.brands.values())


def test_no_name_stands_for_two_drugs():
    counts = Counter(name.lower() for drug in drugs() for name in drug.names)
    assert max(counts.values()) == 1


def test_every_group_has_several_drugs_and_a_blank_cell_is_none():
    counts = Counter(drug.group for drug in drugs())
    assert all(counts[group] >= 5 for group in GROUPS)
    assert counts.keys() == {None, *GROUPS}


def test_groups_are_drawn_as_the_paper_draws_them():
    # from the examples of the released prompts
    assert group_of("potassium chloride") == "electrolyte" and group_of("magnesium citrate") is None
    assert group_of("sodium chloride") == "iv fluid"
    assert group_of("warfarin") == "anticoagulant" and group_of("clopidogrel") is None
    assert group_of("pantoprazole") == "ulcer prophylaxis" and group_of("sucralfate") is None


def test_a_brand_of_one_form_is_not_sold_as_another():
    fentanyl = next(drug for drug in drugs() if drug.generic == "fentanyl")
    assert fentanyl.brands_of("patch") == ("Duragesic",) and fentanyl.brands_of("iv injection") == ("Sublimaze",)
