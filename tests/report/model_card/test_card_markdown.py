import dataclasses
import re

import pytest
import yaml
from markdown_it import MarkdownIt

from evaluation.clause import Clause
from report.model_card.card import WorstPhotograph
from report.model_card.card_markdown import model_card_markdown
from report.results.model_names import model_name
from tests.report.model_card.model_card_facts import (
    SERVED,
    about,
    data_of,
    facts_of,
    fit_of,
    split_of,
    verdict_of,
)

RENDERER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


class Card:
    """A rendered card, taken apart as a reader and a program would."""

    def __init__(self, **changes):
        self.source = model_card_markdown(facts_of(**changes))
        _, front, self.body = self.source.split("---\n", 2)
        self.front = yaml.safe_load(front)
        self.tokens = RENDERER.parse(self.body)
        self.kinds = {each.type for each in self.tokens}
        self.kinds |= {kind.type for each in self.tokens for kind in each.children or ()}
        self.inline = [
            "".join(child.content for child in each.children)
            for each in self.tokens
            if each.type == "inline"
        ]
        self.text = "\n".join(self.inline)
        self.rows = self._rows()

    def _rows(self):
        """The cells of every table's row, by its first cell."""
        rows, row = {}, []
        for token, following in zip(self.tokens, self.tokens[1:], strict=False):
            if token.type == "tr_open":
                row = []
            elif token.type in ("td_open", "th_open"):
                row.append("".join(child.content for child in following.children))
            elif token.type == "tr_close":
                rows[row[0]] = row[1:]
        return rows

    def headings(self):
        pairs = zip(self.tokens, self.tokens[1:], strict=False)
        return [after.content for token, after in pairs if token.type == "heading_open"]


@pytest.fixture(scope="module")
def card():
    return Card()


def test_sections(card):
    assert card.headings() == [
        "studio-mask, model a6f25175e3e8",
        "What it is for",
        "How good it is",
        "Where it is worst and best",
        "What was asked of it",
        "Limits",
        "Data",
        "How it was made",
        "How to serve and ask it",
    ]
    assert "{" not in re.sub(r"`[^`]*`|```.*?```", "", card.body, flags=re.DOTALL)


def test_who_and_what(card):
    assert card.rows["fitted on"] == ["2026-11-23"]
    assert card.rows["owners"] == card.rows["contact"] == card.rows["licence"] == ["not stated"]
    assert card.rows["version"][0].startswith("a6f25175e3e8, the first 12 digits of cat saved_mod")
    assert "variables.* | sha256sum" in card.rows["version"][0]
    assert "A U-Net that sees 144x96 pixels, with 5,707,905 parameters." in card.text
    stated = Card(about=about(owners=("Ann", "Bob"), contact="https://a.org", licence="Apache-2.0"))
    assert stated.rows["owners"] == ["Ann, Bob"]
    assert stated.rows["contact"] == ["https://a.org"]
    assert stated.rows["licence"] == ["Apache-2.0"]


def test_scores_stand_beside_those_of_the_rivals_and_the_ceiling():
    card = Card(verdict=verdict_of(blessed=0.95, cnn=0.5))
    assert card.rows[""] == ["train", "val", "test"]  # The last table with an empty corner.
    headings = ["This model", *map(model_name, ("blessed", "cnn", "average_mask"))]
    assert f"|  | {' | '.join(headings)} |" in card.source
    # Cars a and b have means of 0.98 and 0.96: the draws are a twice, b twice, or one of each.
    assert card.rows["Dice"][:3] == [
        "0.9700 (0.9600 to 0.9800)",
        "0.9500 (0.9500 to 0.9500)",
        "0.5000 (0.5000 to 0.5000)",
    ]
    assert card.rows["Dice of a perfect answer at its input size"] == 4 * ["0.9975"]
    assert card.rows["wrong pixels per photograph"][0] == "40 (40 to 40)"
    assert card.rows["photographs without a mask"] == 4 * ["0"]
    assert "Means over 4 test photographs of 2 cars" in card.text


def test_slices_name_their_worst_and_best(card):
    assert card.rows["pose"] == [
        "2",
        "pose 2: 0.9550 (0.9400 to 0.9700), 2 photographs of 2 cars",
        "pose 1: 0.9850 (0.9800 to 0.9900), 2 photographs of 2 cars",
    ]
    assert card.rows["make"] == [
        "2",
        "Acme: 0.9600, 2 photographs of 1 car",
        "Bolt: 0.9800, 1 photograph of 1 car",
    ]
    assert "Where it is worst and best" not in Card(slices={}).headings()


def test_a_band_of_areas_is_shown_as_percentages():
    [pose, *_] = facts_of().slices["pose"]
    bands = tuple(dataclasses.replace(pose, value=value) for value in ("0.10-0.15", "0.95-1.00"))
    card = Card(slices={"mask_area": bands})
    [count, worst, best] = card.rows["share of the photograph that the object covers"]
    assert (count, worst[:12], best[:13]) == ("2", "10% to 15%: ", "95% to 100%: ")


def test_every_clause_and_its_answer(card):
    names = [clause.name for clause in facts_of().verdict.clauses]
    assert [name for name in card.rows if name in names] == names
    assert card.rows["good enough"] == ["yes", "Dice 0.9700, at least 0.9500 is asked"]
    assert card.rows["fast over gRPC"] == ["yes", "median 0.041 s"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Blessed by the gate, and by the check in its server (embedded)."),
        ({"server_verdict": None}, "Blessed by the gate; it was not tried in a server."),
        (
            {"verdict": verdict_of(cnn=0.99)},
            "Rejected by the gate: it was not pushed and must not be served.",
        ),
        (
            {
                "server_verdict": dataclasses.replace(
                    SERVED, blessed=False, clauses=(Clause("runs in its server", False, "no", {}),)
                )
            },
            "Blessed by the gate, rejected by the check in its server: it was not pushed and must "
            "not be served.",
        ),
    ],
)
def test_the_verdict_stands_first(changes, said):
    card = Card(**changes)
    assert card.inline[1] == said
    failed = [row[0] for row in card.rows.values() if row[:1] == ["no"]]
    assert bool(failed) == ("ejected" in said)


def test_data_by_split():
    card = Card(
        data=data_of(
            splits={
                "train": split_of(poses={1: 3, 2: 4, -1: 1}, makes={"": 1, "Bolt": 2, "Acme": 2}),
                "test": split_of(years={-1: 2}),
            },
            span="3, 4 (version 2)",
            fingerprint="f00d",
        )
    )
    assert card.rows["photographs"] == ["1,320", "32", "4"]
    assert card.rows["cars"] == ["20", "2", "2"]
    assert card.rows["photographs by pose"] == [
        "1 (3), 2 (4), unknown (1)",
        "",
        "20 in each of 16 poses",
    ]
    assert card.rows["cars by make"] == [
        "Acme (2), Bolt (2), unknown (1)",
        "",
        "Acme (18), Bolt (2)",
    ]
    assert card.rows["years of the cars"] == ["2009 to 2016", "", "unknown (2)"]
    assert "Spans: 3, 4 (version 2)." in card.inline
    assert "Fingerprint: f00d." in card.inline
    plain = Card(data=data_of(splits={}))
    assert "cars by make" not in plain.rows
    assert "Spans" not in plain.text
    assert "Fingerprint" not in plain.text


def test_many_makes_are_cut_short():
    makes = {f"Make {number:02}": 30 - number for number in range(25)}
    card = Card(data=data_of(splits={"train": split_of(makes=makes)}))
    assert card.rows["cars by make"][0].endswith("Make 19 (11) and 5 more")


def test_how_it_was_made(card):
    assert (
        "Fitted for 120 epochs in 37 minutes, in mixed_bfloat16, from random weights; loss "
        "bce_dice, optimizer adamw, learning rate 0.0015, 8 photographs a step, seed 1."
    ) in card.inline
    assert (
        "Its logits are averaged with those of the mirrored photograph, enlarged to the "
        "photograph's size, and cut at 0.492188: the threshold with the best Dice on 160 "
        "photographs of the val split (0.9897)."
    ) in card.inline
    assert "TensorFlow 2.16.2" in card.inline
    assert "code of the fit 0123456789abcdef" in card.inline


def test_where_it_started_without_the_path_to_the_workdir():
    fit = fit_of(started_from="/home/ann/w/Trainer.unet/model/9/model.weights.h5", replicas=2)
    card = Card(fit=fit)
    assert (
        "on 2 devices, in mixed_bfloat16, from the weights model/9/model.weights.h5;" in card.text
    )
    assert "ann" not in card.source.replace("Fitted on cars", "")


def test_the_record_of_an_older_run_says_less():
    card = Card(fit=fit_of(finished="", versions={}, code=""))
    assert card.rows["fitted on"] == ["not recorded"]
    assert "TensorFlow 2" not in card.text


def test_photographs_that_are_shipped(card):
    assert "warm-up" not in card.text
    shipped = Card(ships_photographs=True)
    [line] = [line for line in shipped.inline if "warm-up requests" in line]
    assert line.startswith("Photographs of the val split are shipped")


def test_front_matter_is_what_the_hub_reads():
    card = Card(about=about(licence="Apache-2.0", dataset="Carvana: 64 of its cars", name="m #1"))
    assert card.front == {
        "license": "apache-2.0",
        "pipeline_tag": "image-segmentation",
        "tags": ["tensorflow", "image-segmentation", "background-removal"],
        "model-index": [
            {
                "name": "m #1",
                "results": [
                    {
                        "task": {"type": "image-segmentation", "name": "Image Segmentation"},
                        "dataset": {
                            "type": "carvana-64-of-its-cars",
                            "name": "Carvana: 64 of its cars",
                            "split": "test",
                        },
                        "metrics": [
                            {"type": "dice", "value": 0.97, "name": "mean Dice at full size"},
                            {"type": "iou", "value": 0.97, "name": "mean IoU at full size"},
                        ],
                    }
                ],
            }
        ],
    }


def test_a_licence_of_ones_own(card):
    assert "license" not in card.front
    front = Card(about=about(licence="Ask Ann before you use it")).front
    assert front["license"] == "other"
    assert front["license_name"] == "Ask Ann before you use it"


@pytest.mark.parametrize(
    "text",
    ['"quoted": - {a}', "a\\b # c", "line\nend\u2028\x85\x7f", "🚗", "---", "null", "\ufeff"],
)
def test_front_matter_holds_any_text(text):
    assert Card(about=about(name=text)).front["model-index"][0]["name"] == text


NASTY = "*<b>x</b>|`[a](http://e.org)\n# _y_"


def test_text_from_the_data_is_no_markdown(card):
    [pose, *rest] = facts_of().slices["pose"]
    nasty = Card(
        about=about(
            name=NASTY,
            owners=(NASTY,),
            contact=NASTY,
            licence=NASTY,
            dataset=NASTY,
            intended_use=NASTY,
            out_of_scope=NASTY,
        ),
        data=data_of(
            splits={
                split: split_of(
                    makes={NASTY: 1, "Acme": 4},
                    smallest_mask=(NASTY, 0.1),
                    largest_mask=(NASTY, 0.2),
                )
                for split in ("train", "val", "test")
            },
            quarantined={NASTY: 3},
            fingerprint=NASTY,
            span=NASTY,
        ),
        slices={"make": (dataclasses.replace(pose, value=NASTY), *rest)},
        worst=(WorstPhotograph(NASTY, 1, 0.5, False, NASTY),),
        server_verdict=dataclasses.replace(
            SERVED, clauses=(Clause(NASTY, False, NASTY, {}),), server=NASTY
        ),
        fit=fit_of(started_from=NASTY, versions={NASTY: NASTY}),
    )
    # Nothing but what the card itself is made of, and no table has got another shape.
    assert nasty.kinds <= card.kinds | {"text_special"}
    shown = " ".join(NASTY.split())
    assert nasty.headings()[1:] == card.headings()[1:]
    assert shown in nasty.inline[0]
    assert nasty.rows["owners"] == nasty.rows["contact"] == nasty.rows["licence"] == [shown]
    assert nasty.rows[shown] == ["no", shown]
    assert nasty.rows["cars by make"] == 3 * [f"Acme (4), {shown} (1)"]
    assert nasty.text.count(shown) >= 15
