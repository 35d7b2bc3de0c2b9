"""The benchmarks of the gate and of certificates, small."""

from benchmarks import certificates, gate


def test_wrong_and_right_promotions_are_counted() -> None:
    plan = gate.Plan(images=(150,), seeds=2, drawn=4, draws=50)
    facts = {"fixed": list(gate.fixed_worlds(plan)), "drawn": list(gate.drawn_worlds(plan))}
    assert [row["wrong"] for row in facts["fixed"]] == [True] * 4 + [False] * 3
    (drawn,) = facts["drawn"]
    assert 0 <= drawn["wrongly_promoted"] + drawn["rightly_promoted"] <= 1
    assert "wrongly promoted" in "\n".join(gate.lines(facts))


def test_false_certificates_are_counted() -> None:
    plan = certificates.Plan(images=(60,), seeds=2, many=800)
    facts = {"certified": list(certificates.certified(plan))}
    false = {row["world"]: row["false"] for row in facts["certified"]}
    assert (false["model off by .05"], false["model off by .30"]) == (False, True)
    assert false["always .5, very noisy raters"]
    assert "advantage" in "\n".join(certificates.lines(facts))
