"""The XML namespaces of the e-messages, and the prefixes we write.

Source: HIS 80601:2006 (msghead), HIS 80704:2014 (po), HIS 80603:2017 (dialog), HIS 80415:2012 (apprec).
"""

from __future__ import annotations

from typing import Final

MSGHEAD: Final = "http://www.kith.no/xmlstds/msghead/2006-05-24"
BASE64: Final = "http://www.kith.no/xmlstds/base64container"
KITH: Final = "http://www.kith.no/xmlstds"
FK1: Final = "http://www.kith.no/xmlstds/felleskomponent1"
EPJ1: Final = "http://www.kith.no/xmlstds/epj/epj1/2008-02-20"
EPJ2: Final = "http://www.kith.no/xmlstds/epj/epj2/2008-02-20"
EPJ3: Final = "http://www.kith.no/xmlstds/epj/epj3/2008-02-20"
META: Final = "http://www.kith.no/xmlstds/epj/meta/2008-02-20"
PO: Final = "http://www.kith.no/xmlstds/po/poKomponent/2012-04-01"
PO_2_0: Final = "http://ehelse.no/xmlstds/po/poKomponent/2017-11-30"
UTSKRIVNINGSRAPPORT: Final = "http://www.kith.no/xmlstds/po/TverrfagligEpikrise/2012-04-01"
PASIENTLOGISTIKK: Final = "http://www.kith.no/xmlstds/po/Pasientlogistikk/2012-04-01"
INNLEGGELSESRAPPORT: Final = "http://www.kith.no/xmlstds/po/Innleggelsesrapport/2012-04-01"
HELSEOPPLYSNINGER: Final = "http://www.kith.no/xmlstds/po/HelseopplysningerVedSoknad/2012-04-01"
HELSEOPPLYSNINGER_TIL_LEGE: Final = (
    "http://www.kith.no/xmlstds/po/HelseopplysningerTilLege/2012-04-01"
)
ORIENTERING_OM_TJENESTETILBUD: Final = (
    "http://www.kith.no/xmlstds/po/OrienteringOmTjenestetilbud/2012-04-01"
)
MEDISINSKE_OPPLYSNINGER: Final = "http://www.kith.no/xmlstds/po/MedisinskeOpplysninger/2012-04-01"
PO_1_5: Final = "http://www.kith.no/xmlstds/po/poKomponent/2009-06-30"
UTSKRIVNINGSRAPPORT_1_5: Final = "http://www.kith.no/xmlstds/po/TverrfagligEpikrise/2009-06-30"
PASIENTLOGISTIKK_1_5: Final = "http://www.kith.no/xmlstds/po/Pasientlogistikk/2009-06-30"
INNLEGGELSESRAPPORT_1_5: Final = "http://www.kith.no/xmlstds/po/Innleggelsesrapport/2009-06-30"
HELSEOPPLYSNINGER_1_5: Final = "http://www.kith.no/xmlstds/po/HelseopplysningerVedSoknad/2009-06-30"
HELSEOPPLYSNINGER_TIL_LEGE_1_5: Final = "http://www.kith.no/xmlstds/po/Konsultasjon/2009-06-30"
ORIENTERING_OM_TJENESTETILBUD_1_5: Final = (
    "http://www.kith.no/xmlstds/po/OrienteringOmTjenestetilbud/2009-06-30"
)
MEDISINSKE_OPPLYSNINGER_1_5: Final = (
    "http://www.kith.no/xmlstds/po/OverforingMedisinskeOpplysninger/2009-06-30"
)
MELDING_FRAVAR: Final = "http://www.kith.no/xmlstds/po/MeldingFravar/2009-06-30"
DIALOG_1_0: Final = "http://www.kith.no/xmlstds/dialog/2006-10-11"
DIALOG_1_1: Final = "http://www.kith.no/xmlstds/dialog/2013-01-23"
APPREC_1_0: Final = "http://www.kith.no/xmlstds/apprec/2004-11-21"
APPREC_1_1: Final = "http://www.kith.no/xmlstds/apprec/2012-02-15"
EPIKRISE_1_1: Final = "http://www.kith.no/xmlstds/epikrise/2006-09-23"
EPIKRISE_1_2: Final = "http://www.kith.no/xmlstds/epikrise/2012-02-15"
HENVISNING_1_0: Final = "http://www.kith.no/xmlstds/henvisning/2005-07-08"
HENVISNING_1_1: Final = "http://www.kith.no/xmlstds/henvisning/2012-02-15"
HENVISNING_2_0: Final = "http://ehelse.no/xmlstds/henvisning/2017-11-30"
XMLDSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
XHTML: Final = "http://www.w3.org/1999/xhtml"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"

# Written with a prefix declared on the root; every other namespace is written as the default one.
PREFIXES: Final = {
    FK1: "fk1",
    EPJ1: "epj1",
    EPJ2: "epj2",
    EPJ3: "epj3",
    META: "m1",
    PO: "po",
    PO_1_5: "po15",
    PO_2_0: "po20",
    XMLDSIG: "ds",
}

XSD: Final = "http://www.w3.org/2001/XMLSchema"
XSI_TYPE: Final = f"{{{XSI}}}type"
"""Names the type of its element; read where it is the type that the element has, refused elsewhere."""
# Attributes that every element may carry without meaning: where a schema might be found. Never followed.
SCHEMA_HINTS: Final = frozenset(
    {f"{{{XSI}}}schemaLocation", f"{{{XSI}}}noNamespaceSchemaLocation"},
)
