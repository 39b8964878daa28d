# SPDX-License-Identifier: BSD-3-Clause
"""Keys, tokens and passwords in the bytes of a file.

Only what has a form of its own is looked for: private keys in armour with their content, tokens by the prefixes that their issuers gave
them for this purpose, variables with telling names and a value, URLs with a password. Text that merely talks of such things (a parser of
keys, a help text) has the word without the content. Examples from manuals are known, and values that are placeholders.

Strings of Go have no end of their own: another one may follow at once, so no pattern asks for what comes behind a token.

Every search begins with a plain search for a few bytes, and only where it hits does a pattern look, no further than a few hundred bytes:
programs have many megabytes. What was
found is never printed whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pygo_cross.lint.finding import Record

# What is issued: the bytes to look for, the pattern from there on, and what it is.
_TOKENS: Final = tuple(
    (prefix, re.compile(prefix_pattern), name)
    for prefix, prefix_pattern, name in (
        (b"AKIA", rb"AKIA[A-Z0-9]{16}", "an access key of AWS"),
        (b"ASIA", rb"ASIA(?=[A-Z]{0,15}[2-7])[A-Z2-7]{16}", "a temporary access key of AWS"),
        (b"ghp_", rb"ghp_[A-Za-z0-9]{36}", "a personal access token of GitHub"),
        (b"gho_", rb"gho_[A-Za-z0-9]{36}", "an OAuth token of GitHub"),
        (b"ghu_", rb"ghu_[A-Za-z0-9]{36}", "a user token of a GitHub app"),
        (b"ghs_", rb"ghs_[A-Za-z0-9]{36}", "a server token of a GitHub app"),
        (b"ghr_", rb"ghr_[A-Za-z0-9]{36}", "a refresh token of GitHub"),
        (b"github_pat_", rb"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}", "a fine-grained token of GitHub"),
        (b"glpat-", rb"glpat-[A-Za-z0-9_-]{20}", "a personal access token of GitLab"),
        (b"gldt-", rb"gldt-[A-Za-z0-9_-]{20}", "a deploy token of GitLab"),
        (b"glrt-", rb"glrt-[A-Za-z0-9_-]{20}", "a runner token of GitLab"),
        (b"xox", rb"xox[abeoprs]-[0-9]{8,}-[A-Za-z0-9-]{20,100}", "a token of Slack"),
        (b"xapp-", rb"xapp-[0-9]-[A-Z0-9]{8,}-[0-9]{8,}-[a-f0-9]{32,}", "an app token of Slack"),
        (b"hooks.slack.com/services/", rb"hooks\.slack\.com/services/T[A-Z0-9]{8,}/B[A-Z0-9]{8,}/[A-Za-z0-9]{24}", "a webhook of Slack"),
        (b"sk_live_", rb"sk_live_[A-Za-z0-9]{24,}", "a secret key of Stripe"),
        (b"rk_live_", rb"rk_live_[A-Za-z0-9]{24,}", "a restricted key of Stripe"),
        (b"AIza", rb"AIza[A-Za-z0-9_-]{35}", "an API key of Google"),
        (b"GOCSPX-", rb"GOCSPX-[A-Za-z0-9_-]{28}", "a client secret of Google"),
        (b"ya29.", rb"ya29\.[A-Za-z0-9_-]{60,200}", "an access token of Google"),
        (b"npm_", rb"npm_[A-Za-z0-9]{36}", "a token of npm"),
        (b"pypi-AgE", rb"pypi-AgE[A-Za-z0-9_-]{50,200}", "a token of PyPI"),
        (b"dckr_pat_", rb"dckr_pat_[A-Za-z0-9_-]{27}", "a token of Docker Hub"),
        (b"hf_", rb"hf_[A-Za-z0-9]{34}", "a token of Hugging Face"),
        (b"sk-ant-", rb"sk-ant-[a-z]{3,5}[0-9]{2}-[A-Za-z0-9_-]{80,100}", "a key of Anthropic"),
        (b"sk-proj-", rb"sk-proj-[A-Za-z0-9_-]{40,200}", "a key of OpenAI"),
        (b"T3BlbkFJ", rb"T3BlbkFJ[A-Za-z0-9_-]{20}", "a key of OpenAI"),
        (b"SG.", rb"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}", "a key of SendGrid"),
        (b"shpat_", rb"shpat_[a-f0-9]{32}", "a token of Shopify"),
        (b"dop_v1_", rb"dop_v1_[a-f0-9]{64}", "a token of DigitalOcean"),
        (b"hvs.", rb"hvs\.[A-Za-z0-9_-]{24,100}", "a token of Vault"),
        (b"dapi", rb"dapi[a-f0-9]{32}", "a token of Databricks"),
        (b"AccountKey=", rb"AccountKey=[A-Za-z0-9+/]{86}==", "an account key of Azure"),
        (b"AGE-SECRET-KEY-1", rb"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}", "a secret key of age"),
        (b"eyJ", rb"eyJ[A-Za-z0-9_-]{10,300}\.eyJ[A-Za-z0-9_-]{10,300}\.[A-Za-z0-9_-]{20}", "a signed web token (JWT)"),
    )
)
# From the manuals of those who issue them.
_EXAMPLES: Final = re.compile(rb"EXAMPLE|example|[xX]{8}|(.)\1{9}")

_OWN: Final = 20  # bytes that surely belong to what was found, and not to what follows

_ARMOUR: Final = re.compile(
    rb"-----BEGIN ((?:RSA |EC |DSA |OPENSSH |ENCRYPTED )?PRIVATE KEY|PGP PRIVATE KEY BLOCK)-----"
    rb"(?:\r?\n|\\n|\\r\\n)(?:[A-Za-z-]+: [^\r\n]{0,200}(?:\r?\n|\\n)){0,20}(?:\r?\n|\\n){0,9}[A-Za-z0-9+/=]{16,}"
)

# Names of variables that hold secrets, by their last words.
_NAME_END: Final = (
    b"SECRET_ACCESS_KEY", b"SECRET_KEY", b"SECRET", b"TOKEN", b"PASSWORD", b"PASSWD", b"API_KEY", b"APIKEY", b"PRIVATE_KEY", b"ACCESS_KEY",
    b"PASSPHRASE", b"CREDENTIALS",
)  # fmt: skip
_ASSIGNMENT: Final = re.compile(rb"(?:" + b"|".join(_NAME_END) + rb")=([!-~]{6,200})")
_NAME_BEFORE: Final = re.compile(rb"[A-Z][A-Z0-9_]*\Z")
_PLACEHOLDER: Final = re.compile(
    rb"[%$<{(\[\\*'\"`&|?]|(?i:your|my-?secret|change|replace|insert|redacted|hidden|dummy|sample|placeholder|unset|null|none|true|false|todo)"
)
_URL: Final = re.compile(rb"://([A-Za-z0-9._~-]{1,64}):([!#-&(-.0-9;=?A-Z\[-~]{4,128})@([A-Za-z0-9.-]{2,253})")
_URL_HARMLESS: Final = re.compile(rb"(?i)\A(?:pass(?:word|wd)?|pwd|secret|user(?:name)?|token|x+|\*+|foo|bar|test)\Z|[%$<{*]")


def check(record: Record, data: memoryview) -> None:
    """Looks through all bytes of a binary."""
    raw = data if isinstance(data.obj, bytes) and len(data.obj) == len(data) else None
    text = data.obj if raw is not None else bytes(data)
    assert isinstance(text, bytes)
    for at, match in _armoured(text):
        record.report("secret-key", f"there is a {match[1].decode()} at {at:#x}", at)
    for prefix, pattern, name in _TOKENS:
        for at in _places(text, prefix):
            match_at = pattern.match(text, at)
            if match_at and not _EXAMPLES.search(match_at[0][: len(prefix) + _OWN]):
                record.report("secret-token", f"{_shown(match_at[0], len(prefix))} at {at:#x} looks like {name}", at)
    _variables(record, text)
    for at in _places(text, b"://"):
        found = _URL.match(text, at)
        if found and not _URL_HARMLESS.search(found[2]) and not _placeholder_host(found[3]):
            user, host = found[1].decode(), found[3].decode()
            record.report("secret-url", f"a URL at {at:#x} has a password of {len(found[2])} characters for {user} at {host}", at)


def _places(text: bytes, word: bytes) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + len(word))


def _armoured(text: bytes) -> Iterator[tuple[int, re.Match[bytes]]]:
    for at in _places(text, b"-----BEGIN "):
        match = _ARMOUR.match(text, at)
        if match:
            yield at, match


def _variables(record: Record, text: bytes) -> None:
    """NAME=value, the name in capitals as environment variables have them."""
    seen: set[int] = set()
    for end in _NAME_END:
        for at in _places(text, end + b"="):
            equals = at + len(end)
            if equals in seen:
                continue
            seen.add(equals)
            match = _ASSIGNMENT.match(text, at)
            before = _NAME_BEFORE.search(text[max(0, at - 40) : at])
            if match is None or (before is None and at and text[at - 1 : at].isalnum()):
                continue
            value = match[1]
            if not _secret_value(value):
                continue
            name = ((before[0] if before else b"") + end).decode()
            record.report("secret-variable", f"{name} at {at:#x} has a value, {_shown(value, 0)}", at)


def _secret_value(value: bytes) -> bool:
    """Whether it is one somebody chose: letters and digits mixed, or long and of many different characters."""
    head = re.split(rb"[\s,;&]", value)[0][:_OWN]
    if len(head) < 8 or _PLACEHOLDER.search(head) or _EXAMPLES.search(head):
        return False
    kinds = sum(bool(re.search(kind, head)) for kind in (rb"[a-z]", rb"[A-Z]", rb"[0-9]"))
    return kinds >= 2 and len(set(head)) >= 6


def _placeholder_host(host: bytes) -> bool:
    low = host.lower().strip(b".")
    names = (b"example.com", b"example.org", b"example.net", b"localhost", b"127.0.0.1", b"host", b"hostname", b"server", b"foo.com")
    ends = (b".example", b".test", b".invalid", *(b"." + name for name in names))
    return low.endswith(ends) or low.startswith((b"example.", b"localhost", b"127.0.0.1")) or low in names


def _shown(secret: bytes, keep: int) -> str:
    """A secret as it may be printed: where it begins, and how long it is."""
    keep = min(max(keep, 4), len(secret) // 3)
    return f"{secret[:keep].decode('ascii', 'replace')}… ({len(secret)} characters)"
