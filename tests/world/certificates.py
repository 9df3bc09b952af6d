"""The world's certificate authorities, and the right or wrong certificate for each host (chosen by SNI)."""

from __future__ import annotations

import datetime as dt
import ssl
from pathlib import Path

import trustme

from tests.world.catalogue import Certificate, Site

_DAY = dt.timedelta(days=1)


class Authority:
    """Issues on demand: a host's certificate is made at its first handshake and kept."""

    def __init__(self, sites: dict[str, Site], wildcards: tuple[str, ...]) -> None:
        self._sites = sites
        self._wildcards = wildcards
        self._ca = trustme.CA(organization_name="Valmont Test Authority")
        self._stranger = trustme.CA(organization_name="Nobody Trusts This")
        self._contexts: dict[str, ssl.SSLContext] = {}

    def write_pem(self, path: Path) -> None:
        """The authority to trust: what OUTSEND_EGRESS_CA_FILE names."""
        self._ca.cert_pem.write_to_path(str(path))

    def listener_context(self) -> ssl.SSLContext:
        """The context of the TLS listener; hosts unknown to the world get an honest one for `unknown.test`."""
        context = self._context("unknown.test")
        context.sni_callback = self._choose
        return context

    def _choose(self, connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> int | None:
        host = (name or "unknown.test").lower()
        site = self._sites.get(host)
        if site is not None and site.certificate == "none":
            return int(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)
        connection.context = self._context(self._covering(host))
        return None

    def _covering(self, host: str) -> str:
        return next((f"*{domain}" for domain in self._wildcards if host.endswith(domain)), host)

    def _context(self, name: str) -> ssl.SSLContext:
        if name not in self._contexts:
            site = self._sites.get(name)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._issue(name, site.certificate if site else "valid").configure_cert(context)
            self._contexts[name] = context
        return self._contexts[name]

    def _issue(self, name: str, kind: Certificate) -> trustme.LeafCert:
        today = dt.datetime.now(dt.UTC)
        match kind:
            case "expired":
                return self._ca.issue_cert(name, not_before=today - 400 * _DAY, not_after=today - 10 * _DAY)
            case "not_yet_valid":
                return self._ca.issue_cert(name, not_before=today + 10 * _DAY, not_after=today + 400 * _DAY)
            case "unknown_ca":
                return self._stranger.issue_cert(name)
            case "self_signed":
                return _self_signed(name)
            case "wrong_host":
                return self._ca.issue_cert("mutualise.hebergeur.test")
            case "no_chain":
                return _without_chain(self._ca.create_child_ca().issue_cert(name))
            case _:
                return self._ca.issue_cert(name)


def _without_chain(leaf: trustme.LeafCert) -> trustme.LeafCert:
    return trustme.LeafCert(leaf.private_key_pem.bytes(), leaf.cert_chain_pems[0].bytes(), chain_to_ca=[])


def _self_signed(name: str) -> trustme.LeafCert:
    """A certificate that signs itself, as a new control panel makes one."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    today = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - _DAY)
        .not_valid_after(today + 365 * _DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return trustme.LeafCert(private, certificate.public_bytes(serialization.Encoding.PEM), chain_to_ca=[])
