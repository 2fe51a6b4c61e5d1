"""The services of casework by their full names."""

from tocsin.casework.v1 import (
    access_service_pb2,
    casework_service_pb2,
    evidence_service_pb2,
    intake_service_pb2,
    portfolio_service_pb2,
)

CASEWORK = casework_service_pb2.DESCRIPTOR.services_by_name["CaseworkService"].full_name
ACCESS = access_service_pb2.DESCRIPTOR.services_by_name["AccessService"].full_name
EVIDENCE = evidence_service_pb2.DESCRIPTOR.services_by_name["EvidenceService"].full_name
INTAKE = intake_service_pb2.DESCRIPTOR.services_by_name["IntakeService"].full_name
PORTFOLIO = portfolio_service_pb2.DESCRIPTOR.services_by_name["PortfolioService"].full_name
