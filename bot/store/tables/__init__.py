"""All tables, so that one import knows the whole schema."""

from bot.store.tables.base import Base, Moment, new_id
from bot.store.tables.care import Alert, AlertLog, Ask, AskState, Seen, Task, TaskState
from bot.store.tables.oncall import OnCall, OverrideRow, PageTest, RotationRow, RotationTurn
from bot.store.tables.people import Audit, Away, Client, Counter, Invite, Program, Worker
from bot.store.tables.plans import ClientSituation, Need, Plan, PlanChange, PlanItem
from bot.store.tables.talk import (
    Answer,
    ButtonRow,
    FlowRun,
    Inbox,
    InboxState,
    Outbox,
    OutboxState,
    RunState,
)
from bot.store.tables.times import (
    Checkin,
    CheckinState,
    Due,
    DueKind,
    DueState,
    HardDate,
    Incident,
)

__all__ = [
    "Alert",
    "AlertLog",
    "Answer",
    "Ask",
    "AskState",
    "Audit",
    "Away",
    "Base",
    "ButtonRow",
    "Checkin",
    "CheckinState",
    "Client",
    "ClientSituation",
    "Counter",
    "Due",
    "DueKind",
    "DueState",
    "FlowRun",
    "HardDate",
    "Inbox",
    "InboxState",
    "Incident",
    "Invite",
    "Moment",
    "Need",
    "OnCall",
    "Outbox",
    "OutboxState",
    "OverrideRow",
    "PageTest",
    "Plan",
    "PlanChange",
    "PlanItem",
    "Program",
    "RotationRow",
    "RotationTurn",
    "RunState",
    "Seen",
    "Task",
    "TaskState",
    "Worker",
    "new_id",
]
