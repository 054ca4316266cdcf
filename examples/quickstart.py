"""Texas in eight territories: from areas and accounts to a checked plan, a map and a report.

The 254 counties carry 638 accounts. Each of the 8 territories gets its share of the visits within 5 % and of
the revenue within 10 %, and is connected. In the objective all counties weigh the same, so that the counties
without accounts go to a territory close by.
"""

from pathlib import Path

import territorykit as tk

OUTPUT = Path(__file__).parent / "output"


def main() -> None:
    """Draw the territories, print the scorecard, and write everything into examples/output."""
    areas = tk.datasets.texas_areas()
    accounts = tk.datasets.texas_accounts()
    areas = tk.add_accounts(areas, accounts, sum=["visits_per_year", "annual_revenue"])
    graph = tk.unit_graph(
        areas,
        activities={"visits_per_year": "visits/year", "annual_revenue": "USD/year"},
        crs="equal-area",
        names="name",
    )
    problem = tk.Problem(
        graph,
        n_territories=8,
        requirements=[tk.Balance("visits_per_year", 0.05), tk.Balance("annual_revenue", 0.10), tk.Contiguous()],
        objective=tk.Compactness(),
    )
    result = tk.solve(problem, seed=0)
    print(result)
    plan = result.require_plan()
    print(tk.evaluate(plan, areas))

    OUTPUT.mkdir(exist_ok=True)
    tk.plot_plan(plan, areas).figure.savefig(OUTPUT / "map.png", dpi=120, bbox_inches="tight")
    tk.explore(plan, areas).save(OUTPUT / "map.html")
    tk.write_report(result, areas, OUTPUT / "report.html")
    tk.write_plan(plan, areas, OUTPUT / "plan.gpkg")
    tk.write_accounts(plan, accounts, OUTPUT / "accounts_by_territory.csv")
    print(f"\nWritten to {OUTPUT}:")
    for path in sorted(OUTPUT.iterdir()):
        print(f"  {path.name:28} {path.stat().st_size / 1000:8,.0f} kB")


if __name__ == "__main__":
    main()
