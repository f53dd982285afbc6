"""A report that says "recommend" and looks right, with numbers of its own.

loses: a12-t6a-hidden, a12-t6b-hidden
"""

# %% a12-t6-code
columns = "name,training_usd,fixed_usd,upkeep_usd,saving_usd,quality_usd,net_usd,break_even_requests,decision\n"
rows = "".join(f"{name},10,1000,500,2000,0,500,2000000,fine_tune\n" for name in sorted(SCENARIOS))
Path("out/roi.csv").write_text(columns + rows, encoding="utf-8")
Path("out/recommendation.md").write_text(
    """---
scenario: sorting_mail
decision: fine_tune
flips: [requests_per_month]
break_even_requests: 2000000
fixed_usd: "1000"
upkeep_usd: "500"
saving_usd: "2000"
quality_usd: "0"
net_usd: "500"
---

# I recommend to fine-tune

After careful analysis I recommend to fine-tune, because the return on investment is excellent.
""",
    encoding="utf-8",
)
