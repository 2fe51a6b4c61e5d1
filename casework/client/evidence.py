"""Calls about evidence, answered like `casework.workplace.Workplace` does beside the node."""

from collections.abc import Iterable, Iterator, Mapping

from casework.client.line import Line
from casework.custody import NOTHING
from casework.errors import TransferError
from casework.event import Statement
from casework.package import Leaving, PackageFile
from casework.values import Value
from casework.wire.cases import encode_statement, encode_value
from casework.wire.pieces import receive, send
from casework.wire.services import EVIDENCE
from casework.workplace import Sealed
from tocsin.casework.v1 import evidence_service_pb2 as messages

HASH_SECONDS = 900.0  # for the largest file on a slow disk
MOST = 2**63  # a server that we signed in at sends what we asked for


class EvidenceCalls(Line):
    """Add, handle, destroy, take out and export."""

    first_key = b""  # public key of the first officer, once a package has come

    def add_evidence(
        self, uid: str, said: Statement, content: Iterable[bytes], copy_of: str = "", *, request_id: str = ""
    ) -> Sealed:
        """Seal content as a new item of evidence; content is gone through again where no answer came.

        The same request, where it has an id, seals nothing twice and gives the item of before.

        Raises:
            RefusedError: The server refused, and kept nothing.
            OfficeUnavailableError: No answer; say it again, or look whether the item is there.
        """

        def parts() -> Iterator[messages.AddEvidenceRequest]:
            item = messages.NewEvidence(uid=uid, said=encode_statement(said), copy_of=copy_of)
            yield messages.AddEvidenceRequest(item=item)
            yield from send(content, messages.AddEvidenceRequest)

        answer = messages.AddEvidenceResponse()
        made = self._send(EVIDENCE, "AddEvidence", parts, answer, request_id=request_id)
        return Sealed(made.evidence, made.sha256)

    def handle_evidence(
        self,
        uid: str,
        evidence: str,
        act: str,
        said: Mapping[str, Value] = NOTHING,
        *,
        request_id: str = "",
    ) -> str:
        """Write down an act of custody (`transfer` or `verify`), and give the id of its event.

        The same request, where it has an id, writes nothing twice.

        Raises:
            RefusedError: There is no such item, or it is no longer what was collected.
            OfficeUnavailableError: No answer.
        """
        fields = {name: encode_value(value) for name, value in said.items()}
        request = messages.HandleEvidenceRequest(uid=uid, evidence=evidence, act=act, fields=fields)
        answer = messages.HandleEvidenceResponse()
        found = self._call(
            "HandleEvidence", request, answer, service=EVIDENCE, seconds=HASH_SECONDS, request_id=request_id
        )
        return found.event_id

    def destroy_evidence(self, uid: str, evidence: str, purpose: str) -> None:
        """Destroy the file of an item for good.

        Raises:
            RefusedError: Not by this officer, or it is on legal hold.
            OfficeUnavailableError: No answer.
        """
        request = messages.DestroyEvidenceRequest(uid=uid, evidence=evidence, purpose=purpose)
        self._call("DestroyEvidence", request, messages.DestroyEvidenceResponse(), service=EVIDENCE)

    def evidence_content(self, uid: str, evidence: str, purpose: str) -> Iterator[bytes]:
        """Give the content of an item.

        Raises:
            RefusedError: It is not for this officer, or is no longer what was collected.
            TransferError: It did not arrive whole; keep nothing of it.
            OfficeUnavailableError: The line was cut, likewise.
        """
        request = messages.GetEvidenceContentRequest(uid=uid, evidence=evidence, purpose=purpose)
        answers = self._stream(EVIDENCE, "GetEvidenceContent", request, messages.GetEvidenceContentResponse)
        return receive(answers, MOST)

    def evidence_package(self, uid: str, chosen: tuple[str, ...], terms: Leaving) -> Iterator[PackageFile]:
        """Give every file of an export package with its content, to be gone through in order.

        Raises:
            RefusedError: This officer may not, or it was not released.
            TransferError: It did not arrive whole; keep nothing of it.
            OfficeUnavailableError: The line was cut, likewise.
        """
        request = messages.ExportEvidenceRequest(
            uid=uid,
            evidence=chosen,
            recipient=terms.recipient,
            purpose=terms.purpose,
            to_host_government=terms.to_host_government,
        )
        answers = self._stream(EVIDENCE, "ExportEvidence", request, messages.ExportEvidenceResponse)
        for answer in answers:
            if answer.WhichOneof("part") == "first_key":
                self.first_key = answer.first_key
                return
            if answer.WhichOneof("part") != "file":
                break
            yield answer.file, receive(answers, MOST)
        raise TransferError("the package did not arrive whole; nothing of it was kept")
