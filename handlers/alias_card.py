"""A proposed alias as an administrator sees it: what was heard, who was meant, and one tap. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from handlers import texts
from handlers.messages import Action, Card, CardButton, CardRow
from storage import tables as t


@dataclass(frozen=True, slots=True)
class AliasFacts:
    """What the card needs besides the proposal.

    `others` are the registered names of customers called the same; of a contact's proposal, other contacts there.
    """

    customer_id: str
    name: str
    short_name: str
    corrected_by: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    decided_by: str = ""
    contact: str = ""
    contact_title: str = ""

    @property
    def meant(self) -> str:
        """Who the words were put right to, as a person says it."""
        return f"{self.short_name}的{self.contact}" if self.contact else self.short_name


def build(
    proposal: t.AliasProposal, facts: AliasFacts, detail_url: str, *, shown_as: str, may_undo: bool = False
) -> Card:
    """Return the card of a proposal as it stands. `may_undo` is for the one who accepted it, within 24 hours."""
    decided = proposal.state != "proposed"
    return Card(
        card_id=shown_as,
        source=f"{texts.ASSISTANT} · {texts.ALIAS_STATES[proposal.state]}",
        title=texts.alias_title(proposal.state, proposal.words, facts.meant),
        desc=texts.alias_desc(proposal.times) if not decided else texts.alias_decided(facts.decided_by),
        quote=_question(proposal, facts),
        rows=_rows(proposal, facts),
        buttons=(*_buttons(proposal, facts, may_undo), *_detail(detail_url)),
        tone="done" if decided else "plain",
    )


def _question(proposal: t.AliasProposal, facts: AliasFacts) -> str:
    if proposal.state == "accepted":
        return texts.alias_accepted(proposal.words, facts.meant)
    if proposal.state == "rejected":
        return texts.alias_rejected(proposal.words)
    if facts.others:
        return texts.alias_taken(proposal.words, facts.others[0])
    if facts.contact:
        return texts.contact_alias_question(proposal.words, proposal.times, facts.contact, facts.short_name)
    return texts.alias_question(proposal.words, proposal.times, facts.short_name, facts.customer_id)


def _rows(proposal: t.AliasProposal, facts: AliasFacts) -> tuple[CardRow, ...]:
    rows = [CardRow("听到", proposal.words)]
    if facts.contact:
        rows.append(CardRow("联系人", " ".join(filter(None, (facts.contact, facts.contact_title)))))
    rows += [CardRow("客户", facts.name), CardRow("编号", facts.customer_id)]
    if facts.corrected_by:
        rows.append(CardRow("谁改的", "、".join(facts.corrected_by)))
    if facts.others and proposal.state == "proposed":
        rows.append(CardRow("也是", "、".join(facts.others)))
    return tuple(rows)


def _buttons(proposal: t.AliasProposal, facts: AliasFacts, may_undo: bool) -> tuple[CardButton, ...]:
    """Words that are another customer's name can only be declined: as an alias they would mislead."""
    accept = CardButton("加为别名", action=_action(proposal, "alias"), style="primary")
    reject = CardButton("不加", action=_action(proposal, "noalias"))
    if proposal.state == "proposed":
        return (reject,) if facts.others else (accept, reject)
    if proposal.state == "accepted" and may_undo:
        return (CardButton("撤销", action=_action(proposal, "unalias")),)
    return ()


def _detail(url: str) -> tuple[CardButton, ...]:
    return (CardButton("看详情", url=url),) if url else ()


def _action(proposal: t.AliasProposal, verb: str) -> str:
    return Action(verb, proposal.id, proposal.version).pack()
