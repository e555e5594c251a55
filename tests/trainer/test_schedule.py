import numpy as np
import pytest

from trainer.schedule import warmup_cosine


def test_rises_to_the_peak_and_falls_to_nothing():
    schedule = warmup_cosine(peak=0.4, steps=100, warmup_fraction=0.1)
    rates = np.array([float(schedule(step)) for step in range(101)])
    # Step 0 must already move the weights.
    assert rates[0] == pytest.approx(0.04, rel=1e-6)
    assert rates[5] == pytest.approx((0.04 + 0.4) / 2, rel=1e-6)
    assert rates[10] == pytest.approx(0.4, rel=1e-6)
    # Half-way down a cosine.
    assert rates[55] == pytest.approx(0.2, rel=1e-6)
    assert rates[100] == pytest.approx(0.0, abs=1e-8)
    assert (np.diff(rates[:11]) > 0).all()
    assert (np.diff(rates[10:]) < 0).all()


def test_without_warm_up_it_starts_at_the_peak():
    schedule = warmup_cosine(peak=0.4, steps=10, warmup_fraction=0.0)
    assert float(schedule(0)) == pytest.approx(0.4, rel=1e-6)
    assert float(schedule(5)) == pytest.approx(0.2, rel=1e-6)
    assert float(schedule(10)) == pytest.approx(0.0, abs=1e-8)


def test_warm_up_of_a_whole_fit_never_falls():
    schedule = warmup_cosine(peak=0.4, steps=4, warmup_fraction=1.0)
    rates = [float(schedule(step)) for step in range(5)]
    np.testing.assert_allclose(rates, [0.1, 0.175, 0.25, 0.325, 0.4], rtol=1e-6)


@pytest.mark.parametrize("steps", [0, 1])
def test_the_shortest_fits_have_a_rate(steps):
    assert float(warmup_cosine(0.4, steps, 0.05)(0)) == pytest.approx(0.4, rel=1e-6)
