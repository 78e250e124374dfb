"""The form of a segment's rule: conditions for people, or the rule itself as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms.formsets import BaseFormSetMixin

from subscribers.models import Organisation, Programme, Role, Subscriber
from subscribers.rules import BadRule, check_rule
from web.desk.conditions import FIELD_NAMES, Condition, Rule, SimpleRule, simple_rule, value_label
from web.desk.names import Choices, country_choices, language_label, region_choices
from web.desk.viewset import DESK_CSS

if TYPE_CHECKING:
    BaseConditions = forms.BaseFormSet["ConditionForm"]
else:
    BaseConditions = forms.BaseFormSet

LONGEST_TEXT = 100_000  # characters of JSON: far more than 500 conditions need


class ValuesField(forms.MultipleChoiceField):
    """Some of the choices; also values that are none of them, which a rule may hold already: `check_rule` judges."""

    def valid_value(self, value: str) -> bool:
        return True


class ValuesSelect(forms.SelectMultiple):
    """A list to choose several of; conditions.js shows what is chosen as pills with a way to add more."""

    def __init__(self, field: str) -> None:
        super().__init__(
            attrs={
                "data-controller": "circular-values",
                "data-circular-values-add-value": _("Add…"),
                "data-circular-values-remove-value": _("Remove"),
                "aria-label": str(FIELD_NAMES[field]),
            }
        )
        self.field = field

    def optgroups(self, name: str, value: list[str], attrs: dict[str, Any] | None = None) -> list[Any]:
        known = {str(choice) for choice, _label in self.choices}
        strange = [each for each in value if each not in known]
        self.choices = [*self.choices, *((each, value_label(self.field, each)) for each in strange)]
        return super().optgroups(name, value, attrs)


class ConditionForm(forms.Form):
    """One condition: a field, is or is not, and the values of each field, of which the chosen field's count."""

    field = forms.ChoiceField(label=gettext_lazy("What"), choices=lambda: list(FIELD_NAMES.items()))
    negated = forms.ChoiceField(
        label=gettext_lazy("Is or is not"),
        choices=[("", gettext_lazy("is one of")), ("not", gettext_lazy("is none of"))],
        required=False,
    )

    def __init__(self, *args: Any, choices: Mapping[str, Choices], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in FIELD_NAMES:
            self.fields[f"values_{field}"] = ValuesField(
                required=False, choices=choices[field], widget=ValuesSelect(field), label=FIELD_NAMES[field]
            )

    def values(self) -> Iterable[tuple[str, forms.BoundField]]:
        """The bound field of each field's values."""
        return [(field, self[f"values_{field}"]) for field in FIELD_NAMES]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "field" in cleaned and not cleaned.get(f"values_{cleaned['field']}"):
            self.add_error("field", _("Choose at least one value."))
        return cleaned

    def condition(self) -> Condition:
        field = self.cleaned_data["field"]
        return Condition(field, tuple(self.cleaned_data[f"values_{field}"]), negated=bool(self.cleaned_data["negated"]))


class BaseConditionFormSet(BaseFormSetMixin, BaseConditions):
    """The conditions, in order; rows are added and removed by Wagtail's w-formset."""


ConditionFormSet = forms.formset_factory(
    ConditionForm, formset=BaseConditionFormSet, extra=0, can_delete=True, max_num=100
)


class RuleForm(forms.Form):
    mode = forms.ChoiceField(
        label=gettext_lazy("Written as"),
        choices=[("conditions", gettext_lazy("Conditions")), ("json", gettext_lazy("Advanced (JSON)"))],
        widget=forms.RadioSelect,
    )
    match = forms.ChoiceField(
        label=gettext_lazy("Who belongs to it"),
        choices=[
            ("all", gettext_lazy("Those who meet all of these conditions")),
            ("any", gettext_lazy("Those who meet at least one of them")),
        ],
    )
    text = forms.CharField(
        label=gettext_lazy("Rule"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false", "class": "circular-rule"}),
        help_text=gettext_lazy(
            "A rule is {“all”: [rules]}, {“any”: [rules]}, {“not”: rule} or {“field”: name, “in”: [values]}. "
            "One that has a single level of conditions opens as conditions the next time."
        ),
    )


class RuleEditor:
    """The rule's two forms together. Once `is_valid`, `rule` is the sound rule that they say."""

    def __init__(self, *, rule: Rule | None = None, data: Any = None) -> None:
        self.rule = rule if rule is not None else {"all": []}
        simple = simple_rule(self.rule)
        shown = simple or SimpleRule("all", ())
        self.too_deep = simple is None
        self.form = RuleForm(
            data,
            prefix="rule",
            initial={
                "mode": "conditions" if simple else "json",
                "match": shown.match,
                "text": as_text(self.rule),
            },
        )
        self.conditions = ConditionFormSet(
            data,
            prefix="conditions",
            initial=[
                {
                    "field": condition.field,
                    "negated": "not" if condition.negated else "",
                    f"values_{condition.field}": list(condition.values),
                }
                for condition in shown.conditions
            ],
            form_kwargs={"choices": value_choices()},
        )

    @property
    def media(self) -> forms.Media:
        return forms.Media(js=["circular/desk/conditions.js"]) + DESK_CSS

    @property
    def mode(self) -> str:
        return str(self.form["mode"].value())

    def is_valid(self) -> bool:
        if not self.form.is_valid():
            return False
        try:
            if self.form.cleaned_data["mode"] == "json":
                self.rule = read_rule(self.form.cleaned_data["text"])
            elif not self.conditions.is_valid():
                return False
            else:
                self.rule = self._rule_of_conditions()
        except BadRule as error:
            self.form.add_error("text" if self.form.cleaned_data["mode"] == "json" else None, str(error))
            return False
        return True

    def errors(self) -> list[str]:
        """Everything that is wrong, for where there is no form to show it beside."""
        found = [message for messages in self.form.errors.values() for message in messages]
        if self.form.data.get("rule-mode") != "json":
            found += [str(message) for message in self.conditions.non_form_errors()]
            kept = [form for form in self.conditions.forms if not form["DELETE"].value()]
            found += [each for form in kept for messages in form.errors.values() for each in messages]
        return list(dict.fromkeys(map(str, found)))

    def _rule_of_conditions(self) -> Rule:
        kept = [form for form in self.conditions.forms if form.cleaned_data and not form.cleaned_data["DELETE"]]
        match = self.form.cleaned_data["match"]
        if match == "any" and not kept:
            raise BadRule(_("Nobody meets one of no conditions: add one, or choose “all”, which is everyone."))
        return _sound(SimpleRule(match, tuple(form.condition() for form in kept)).as_rule())


def read_rule(text: str) -> Rule:
    """The rule that the JSON says; BadRule where it says none."""
    try:
        rule = json.loads(text)
    except json.JSONDecodeError as error:
        where = {"line": error.lineno, "column": error.colno, "problem": error.msg}
        raise BadRule(_("This is not JSON: line %(line)d, column %(column)d: %(problem)s.") % where) from error
    except (ValueError, RecursionError) as error:  # a number of 10^4 digits; brackets without end
        raise BadRule(_("This JSON is too large or too deep to be a rule.")) from error
    return _sound(rule)


def _sound(rule: Any) -> Rule:
    check_rule(rule)
    try:
        written = as_text(rule).encode()
    except UnicodeEncodeError as error:
        raise BadRule(_("The rule holds half a character: write it anew.")) from error
    if b"\\u0000" in written:  # PostgreSQL keeps no such text
        raise BadRule(_("The rule holds a zero character: write it anew."))
    return dict(rule)


def as_text(rule: Rule, indent: str = "") -> str:
    """The rule as JSON to be read: a line for each condition."""
    match rule:
        case {"all": [_, *_] as parts} | {"any": [_, *_] as parts}:
            inner = indent + "  "
            listed = f",\n{inner}".join(as_text(part, inner) for part in parts)
            return f'{{"{next(iter(rule))}": [\n{inner}{listed}\n{indent}]}}'
        case {"not": part}:
            return f'{{"not": {as_text(part, indent)}}}'
        case {"field": field, "in": values}:
            return json.dumps({"field": field, "in": values}, ensure_ascii=False)
    return json.dumps(rule, ensure_ascii=False)


def value_choices() -> dict[str, Choices]:
    """What each field offers. Languages are those of the desk and those that subscribers have."""
    spoken = Subscriber.objects.order_by("language").values_list("language", flat=True).distinct()
    languages = dict.fromkeys([*(code for code, _name in settings.LANGUAGES), *spoken])
    return {
        "role": _labelled(Role),
        "programme": _labelled(Programme),
        "country": country_choices(),
        "region": region_choices(),
        "language": [(code, language_label(code)) for code in languages],
        "organisation_kind": _labelled(Organisation.Kind),
        "tier": _labelled(Organisation.Tier),
    }


def _labelled(choices: Any) -> Choices:
    return [(value, str(label)) for value, label in choices.choices]
