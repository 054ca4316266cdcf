import pytest

import territorykit as tk


@pytest.fixture
def make(plan):
    """Make a result with some fields exchanged."""

    def make(**changes) -> tk.Result:
        fields = {
            "status": tk.Status.FEASIBLE,
            "stopped_by": "time_limit",
            "plan": plan,
            "objective": 1_234_567.0,
            "bound": None,
            "gap": None,
            "violations": (),
            "conflicts": (),
            "runtime": 1.25,
            "seed": 7,
            "method": "Annealing()",
        }
        return tk.Result(**{**fields, **changes})

    return make


def violation(number: int) -> tk.Violation:
    return tk.Violation(tk.Contiguous(), f"t{number}", (), 2, 1, 1, f"territory t{number} is in 2 pieces")


CONFLICT = tk.Conflict(tk.Balance("hours", 0.05), ("b",), None, 5, 4.2, 0.25, "unit 'b' alone exceeds the band")


def test_a_good_plan_is_handed_over(make, plan) -> None:
    assert make().require_plan() is plan
    assert make(status=tk.Status.OPTIMAL).require_plan() is plan


def test_a_violating_plan_is_not(make) -> None:
    result = make(status=tk.Status.VIOLATING, violations=[violation(i) for i in range(12)])
    assert len(result.violations) == 12
    with pytest.raises(tk.NoPlanError) as caught:
        result.require_plan()
    text = str(caught.value)
    assert "(violating); result.plan holds the plan that comes closest; search longer or relax" in text
    assert "  - territory t9 is in 2 pieces\n  - and 2 more" in text


def test_why_there_is_no_plan(make) -> None:
    infeasible = make(
        status=tk.Status.INFEASIBLE, stopped_by="infeasible", plan=None, objective=None, conflicts=[CONFLICT]
    )
    with pytest.raises(
        tk.NoPlanError, match=r"\(infeasible\); relax or drop what collides\n  - unit 'b' alone exceeds"
    ):
        infeasible.require_plan()
    with pytest.raises(tk.NoPlanError, match=r"\(not found\); search longer, or relax the requirements$"):
        make(status=tk.Status.NOT_FOUND, plan=None, objective=None).require_plan()


def test_text_of_a_good_result(make) -> None:
    bound = tk.Bound(1e6, "free", [0.0], "none", 0.1)
    assert repr(make(status=tk.Status.OPTIMAL, bound=bound, gap=0.19)).splitlines() == [
        "optimal, stopped by time limit after 1.2 s",
        "  Plan(4 units in 2 territories)",
        "  objective   1.23457e+06 h/year·m²",
        "  bound       1e+06, centers free (gap 19.00%)",
        "  violations  0",
        "  method      Annealing(), seed 7",
    ]


def test_text_of_a_sum(make, problem) -> None:
    terms = [tk.Compactness("hours"), tk.Diameter(weight=50)]
    text = repr(make(plan=tk.Plan(problem.replace(objective=terms), [0, 0, 1, 1])))
    assert text.splitlines()[2:5] == [
        "  objective   1.23457e+06 weighted sum",
        "    Compactness('hours') in h/year·m²",
        "    50 * Diameter() in m",
    ]


def test_text_of_a_bad_result(make) -> None:
    text = repr(make(status=tk.Status.VIOLATING, violations=[violation(i) for i in range(7)]))
    assert "violations  7\n    territory t0 is in 2 pieces" in text
    assert "territory t4" in text
    assert "territory t5" not in text
    assert "and 2 more violations" in text
    text = repr(make(status=tk.Status.INFEASIBLE, plan=None, objective=None, conflicts=[CONFLICT] * 6))
    assert "conflict    unit 'b' alone exceeds the band" in text
    assert "and 1 more conflicts" in text
    assert "violations" not in text


@pytest.mark.parametrize(
    ("value", "centers", "message"),
    [
        (float("inf"), "free", "Bound: the value inf is not finite; where nothing is proven there is no bound"),
        (1.0, "some", "Bound: centers must be 'free' or 'given', got 'some'"),
    ],
)
def test_wrong_bounds(value, centers, message) -> None:
    with pytest.raises(tk.RequirementError, match=message):
        tk.Bound(value, centers, [1.0], "none", 0.1)


def test_an_answer_without_a_plan() -> None:
    assert tk.Answer(None).labels is None
    assert tk.Answer([0, 1]).labels.tolist() == [0, 1]
