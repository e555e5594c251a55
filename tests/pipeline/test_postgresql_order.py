import pytest
from ml_metadata.proto import metadata_store_service_pb2 as service

from pipeline.postgresql_order import put_in_order


@pytest.mark.parametrize("kind", ["Artifact", "Execution", "Context"])
def test_an_answer_has_the_order_of_the_ids(kind):
    method = f"Get{kind}sByID"
    request = getattr(service, f"{method}Request")()
    response = getattr(service, f"{method}Response")()
    getattr(request, f"{kind.lower()}_ids").extend([8, 9, 10, 7])
    found = getattr(response, f"{kind.lower()}s")
    for identity in (10, 8, 99, 9):  # 7 is not there; 99 nobody asked for.
        found.add(id=identity, name=str(identity))
    put_in_order(method, request, response)
    assert [(each.id, each.name) for each in found] == [
        (8, "8"),
        (9, "9"),
        (10, "10"),
        (99, "99"),
    ]


def test_other_answers_are_left_alone():
    request = service.GetArtifactsByTypeRequest(type_name="Examples")
    response = service.GetArtifactsByTypeResponse()
    for identity in (3, 1):
        response.artifacts.add(id=identity)
    put_in_order("GetArtifactsByType", request, response)
    assert [each.id for each in response.artifacts] == [3, 1]
