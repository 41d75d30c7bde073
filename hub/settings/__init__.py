"""Frozen settings, read once from HUB_*; one clear message names everything that is wrong."""

from hub.settings.parts import PRODUCTION_ISSUER as PRODUCTION_ISSUER
from hub.settings.parts import SettingsError as SettingsError
from hub.settings.parts import parse_own_services as parse_own_services
from hub.settings.parts import parse_partner_editions as parse_partner_editions
from hub.settings.read import Settings as Settings
from hub.settings.read import read_settings as read_settings
from hub.settings.read import unknown_settings as unknown_settings
from hub.settings.table import EDITIONS as EDITIONS
from hub.settings.table import TABLE as TABLE
from hub.settings.table import Setting as Setting
