"""Counters and histograms in the form that Prometheus reads."""

import threading

from serving.server.metric_family import Counter, Histogram


def test_a_counter_prints_one_line_for_each_set_of_label_values():
    counter = Counter(":a:b", ("model_name", "status"))
    counter.add("mask", "OK")
    counter.add("mask", "NOT_FOUND", count=3)
    counter.add("mask", "OK")
    assert list(counter.lines()) == [
        "# TYPE :a:b counter",
        ':a:b{model_name="mask",status="OK"} 2',
        ':a:b{model_name="mask",status="NOT_FOUND"} 3',
    ]


def test_without_labels_the_braces_are_empty():
    counter = Counter(":runs")
    counter.add()
    assert list(counter.lines()) == ["# TYPE :runs counter", ":runs{} 1"]


def test_what_has_no_values_yet_prints_its_type():
    assert list(Counter(":a").lines()) == ["# TYPE :a counter"]
    histogram = Histogram(":b", scale=1, growth=2, buckets=3)
    assert list(histogram.lines()) == ["# TYPE :b histogram"]


def test_label_values_are_escaped():
    counter = Counter("a", ("name",))
    counter.add('back\\slash "quote" new\nline')
    assert list(counter.lines())[1] == 'a{name="back\\\\slash \\"quote\\" new\\nline"} 1'


def test_buckets_count_all_below_their_limit():
    histogram = Histogram(":t", ("api",), scale=10, growth=1.8, buckets=3)
    # 18 is a limit, and belongs above it.
    for value in (1, 17.9, 18, 1000):
        histogram.observe("predict", value=value)
    assert list(histogram.lines()) == [
        "# TYPE :t histogram",
        ':t_bucket{api="predict",le="10"} 1',
        ':t_bucket{api="predict",le="18"} 2',
        ':t_bucket{api="predict",le="32.4"} 3',
        ':t_bucket{api="predict",le="+Inf"} 4',
        ':t_sum{api="predict"} 1036.9000000000001',
        ':t_count{api="predict"} 4',
    ]


def test_a_histogram_without_labels_has_only_limits_in_braces():
    histogram = Histogram(":t", scale=1, growth=2, buckets=1)
    histogram.observe(value=0.5)
    assert list(histogram.lines())[1:] == [
        ':t_bucket{le="1"} 1',
        ':t_bucket{le="+Inf"} 1',
        ":t_sum{} 0.5",
        ":t_count{} 1",
    ]


def test_threads_lose_nothing():
    counter = Counter("c", ("who",))
    histogram = Histogram("h", ("who",), scale=1, growth=2, buckets=2)

    def work():
        for _ in range(2000):
            counter.add("all")
            histogram.observe("all", value=1.0)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(counter.lines())[-1] == 'c{who="all"} 8000'
    assert list(histogram.lines())[-2:] == ['h_sum{who="all"} 8000', 'h_count{who="all"} 8000']
