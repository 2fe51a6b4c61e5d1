"""What happens in the week, day by day: what people report, release and say of cases, and the quiet day at its end."""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path

from casework.about import about
from casework.posting import listed
from casework.summary import SUMMARY_TYPE
from console.for_cases import CaseDatabase
from node.model import PartialDate, Place
from tests.faults.week import cases, mishaps
from tests.faults.week.cases import JOINT, JOINT_LETTER, MOST_CASES, MUTUAL, Case
from tests.faults.week.hearing import hears, passes, tries_to_hear
from tests.faults.week.mishaps import Burns
from tests.faults.week.people import Organization, Told, calls_back, commits, shares
from tests.faults.week.putting_back import burns, tells_again
from tests.faults.week.town import TIERS, Town
from tests.support.incidents import SHOOTING
from tests.support.network import NOW
from tests.support.weather import line_to

MEANS = ("shooting", "robbery", "looting", "shelling")
BURNING = 2
TO_ALL = ""  # as an addressee


class Week(Town):
    """What they do in so many days."""

    def __init__(
        self, seed: int, folder: Path, urls: Sequence[str], days: int, server: Callable[[], None] | None
    ) -> None:
        super().__init__(seed, folder, urls, server)
        self.days = days
        self.numbers = count(1)
        burning = self.chance.sample(list(self.all), min(BURNING, len(self.all) - 1)) if not server else []
        self.burning = {
            name: Burns.drawn(self.chance, days, saved=self.all[name].office is not None or at == 0)
            for at, name in enumerate(burning)
        }

    def works(self, one: Organization) -> None:
        """Report, correct and withdraw some incidents; release some; call some back."""
        chance = self.chance
        for _ in range(chance.randint(1, 4)):
            incident = replace(
                SHOOTING,
                when=PartialDate(2024, chance.randint(1, 12), 3),
                where=Place(one.country),
                means=chance.choice(MEANS),
            )
            one.told[f"k{next(self.numbers)}"] = Told(incident)
        standing = one.standing()
        left = [key for key in standing if one.told[key].tiers]
        some = [*chance.sample(standing, min(len(standing), 1)), *chance.sample(left, min(len(left), 2))]
        for key in dict.fromkeys(some):
            told = one.told[key]
            if chance.random() < 0.4:
                told.withdrawn = True
            else:
                told.incident = replace(told.incident, means=chance.choice(MEANS))
        self.does(one, one.publishing())
        standing = [key for key in standing if not one.told[key].withdrawn]
        chosen = chance.sample(standing, min(len(standing), chance.randint(0, 3)))
        tiers = frozenset(chance.sample(TIERS, 1))
        self.does(one, partial(shares, keys=chosen, tiers=tiers))
        for key in chosen:
            told = one.told[key]
            told.tiers = tiers if told.called_back else told.tiers | tiers
            told.called_back = False
        out = [key for key, told in one.told.items() if told.tiers and not told.called_back]
        if out and chance.random() < 0.4:
            key = chance.choice(out)
            self.does(one, partial(calls_back, key=key))
            one.told[key].called_back = one.told[key].was_called_back = True

    def follows(self, one: Organization) -> None:
        """Open cases of what was serious, and follow those that there are; a clock that is slow is noticed."""
        chance, day = self.chance, self.network.now.date()
        if one.office is None or one.clock < timedelta():
            return
        if len(one.cases) < MOST_CASES and chance.random() < 0.5:
            is_hit = one in self.offices[:2] and not any(case.is_joint for case in one.cases)
            self.opens(one, MUTUAL if is_hit else one.country)
        for case in one.cases:
            for work in cases.steps(case, chance, day):
                self.does(one, work)
            if case.of("registered") and not case.is_held and chance.random() < 0.4:
                self.tells(one, case, told=case.is_joint or chance.random() < 0.8)
            if case.is_joint and case.is_told and not case.is_held:
                self.does(one, partial(cases.confirms, uid=case.uid))
                self.does(one, partial(cases.passes_on, uid=case.uid))
        self.does(one, cases.takes_answers)

    def opens(self, one: Organization, host_state: str) -> Case:
        """Open a case."""
        day = self.network.now.date()
        incident = day - timedelta(days=self.chance.randint(0, 40)) if host_state != MUTUAL else cases.HIT
        case = cases.new_case(self.chance, host_state, day, incident)
        case.uid = self.does(one, case.opens())
        one.cases.append(case)
        return case

    def tells(self, one: Organization, case: Case, *, told: bool) -> None:
        """Let members know how a case stands, or take that back."""
        if told or case.is_told:
            case.is_told = told
            case.number = self.does(one, case.telling(anew=True))

    async def lives(self) -> None:
        """Let the week pass, and then a quiet day in which everybody hears everybody."""
        async with AsyncExitStack() as stack:
            for one in self.all.values():
                one.line = await stack.enter_async_context(line_to("127.0.0.1:1"))
            stack.push_async_callback(self.ends)
            for one in self.all.values():
                await self.starts(one)
            for at in range(self.days):
                await self.day(at)
                self.network.now += timedelta(days=1)
            await self.quiet_day()

    async def day(self, at: int) -> None:
        """One day, in any order."""
        chance = self.chance
        for one in chance.sample(list(self.all.values()), len(self.all)):
            how = self.burning.get(one.org_id)
            await self.starts(one)
            self.jumps(one)
            if how and how.kept_on == at:
                mishaps.keep(one, how)
            if how and how.kept_on < how.on == at:
                await burns(self, one, how)
            self.works(one)
            self.follows(one)
            if chance.random() < 0.5:
                self.does(one, partial(commits, padding=chance.choice((0, 4))))
            if how and how.kept_on == how.on == at:
                await burns(self, one, how)
            relay = self.all[chance.choice(sorted(self.network.relays - {one.org_id}))]
            await passes(
                self, one, relay, chance.choice([other for other in self.others(one) if other is not relay])
            )
            for origin in chance.sample(self.others(one), 2):
                await tries_to_hear(self, one, origin)
            if chance.random() < 0.05:
                self.met["server killed"] += 1
                await self.stops(one)

    def jumps(self, one: Organization) -> None:
        """Let a clock jump; of an office that will be put back not into the next month, which no backup survives."""
        if self.chance.random() < 0.1:
            clock = timedelta(hours=self.chance.randint(-48, 48))
            if one.org_id not in self.burning or (self.network.now + clock).month == self.network.now.month:
                one.clock = clock
                self.met["clock jumps"] += 1

    async def quiet_day(self) -> None:
        """Tell what was not told yet; in the new month, with clear lines and right clocks, all hear all."""
        self.network.now = NOW.replace(month=NOW.month + 1, day=2)
        for one in self.all.values():
            one.clock = timedelta()
            await self.starts(one)
            self.at_last(one, lambda one=one: one.publishing()(self.hands(one)))  # type: ignore[misc]
            self.at_last(one, lambda one=one: shares(self.hands(one), [], frozenset()))  # type: ignore[misc]
        for one in self.offices:
            self.goes_quiet(one)
            for case in one.cases:
                if case.is_held:
                    day = self.network.now.date()
                    self.does(one, case.saying("ops", "hold_lifted", day, reason="it is safe again"))
            if one.org_id in self.burning:
                tells_again(self, one)
        await self.joint_demarche()
        for reader in self.all.values():
            for origin in self.others(reader):
                await hears(self, reader, origin)
        for reader in self.all.values():
            if await hears(self, reader, self.chance.choice(self.others(reader))):
                self.wrong.append(f"what was there came to {reader.org_id} again")

    def goes_quiet(self, one: Organization) -> None:
        """Put every case that members know of on hold: from then on nobody is given how it stands."""
        day = self.network.now.date()
        for case in one.cases:
            if case.is_told and not case.is_held:
                self.does(one, cases.holds(case, day))
        given = listed(CaseDatabase(one.node.store), TO_ALL, 0, 1_000, day).documents
        summaries = (
            one.envelope for one in given if one.envelope.payload_type == SUMMARY_TYPE
        )  # the rest takes back
        told = {about(envelope).subject.split()[1] for envelope in summaries}
        for case in one.cases:
            if case.is_held and case.ref in told:
                self.wrong.append(f"{one.org_id} tells of {case.ref}, which is on hold")

    async def joint_demarche(self) -> None:
        """Let those who were hit together find each other and write together; one is answered, and tells the other."""
        day, pair = self.network.now.date(), self.offices[:2]
        joint = [self.joint_case(one) for one in pair]
        joint[0].partner, joint[1].partner = joint[1], joint[0]
        await self.offices_fetch()
        for one in self.offices:
            for case in [case for case in one.cases if case.is_told and not case.is_joint][:1]:
                self.tells(one, case, told=False)
        for one, case in zip(pair, joint, strict=True):
            self.does(one, partial(cases.confirms, uid=case.uid))
            await self.offices_fetch()
        for one, case, other in zip(pair, joint, reversed(pair), strict=True):
            for work in cases.sends_letter(case, JOINT, day, JOINT_LETTER, co_senders=(other.org_id,)):
                self.does(one, work)
        for work in cases.sends_letter(joint[0], "LA", day, "cd" * 32):
            self.does(pair[0], work)
        for answer, letter, kind in (("AA", "LA", "acknowledgement"), ("AJ", JOINT, "reply")):
            said = joint[0].saying("ops", "answer_received", day, answer=answer, letter=letter, kind=kind)
            self.does(pair[0], said)
        self.does(pair[0], partial(cases.passes_on, uid=joint[0].uid))
        await self.offices_fetch()
        self.does(pair[1], cases.takes_answers)

    def joint_case(self, one: Organization) -> Case:
        """The case of an organization that others were hit by too, registered and told to members."""
        case = next((case for case in one.cases if case.is_joint), None) or self.opens(one, MUTUAL)
        if not case.of("registered"):
            self.does(one, case.saying("focal", "registered", self.network.now.date()))
        self.tells(one, case, told=True)
        return case

    async def offices_fetch(self) -> None:
        """Let those who follow cases hear each other."""
        for reader in self.offices:
            for origin in self.offices:
                if origin is not reader:
                    await hears(self, reader, origin)
