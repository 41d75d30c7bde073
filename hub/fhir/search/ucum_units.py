"""The units of UCUM that clinical work meets: code → what it is worth in other units.

A line is the code, `*` when it takes a metric prefix, the number and the unit expression it equals. Mole is kept as a
dimension of its own (UCUM makes it a number), so that an amount is never compared with a bare count; each arbitrary unit
(`[iU]`) is its own dimension as well, for no two of them can be converted.
Source: https://ucum.org/ucum (tables of base, derived and customary units), facts only.
"""

from __future__ import annotations

from typing import Final

PREFIXES: Final = {
    "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1, "d": -1, "c": -2, "m": -3,
    "u": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24,
}  # fmt: skip
"""Metric prefixes → their power of ten."""

BINARY: Final = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40}
"""Binary prefixes → their power of two."""

BASES: Final = frozenset({"m", "s", "g", "rad", "K", "C", "cd", "mol", "bit"})
"""The dimensions; all take a metric prefix."""

ARBITRARY: Final = frozenset(
    {"[iU]", "[arb'U]", "[USP'U]", "[GPL'U]", "[MPL'U]", "[APL'U]", "[beth'U]", "[anti'Xa'U]", "[todd'U]", "[dye'U]", "[smgy'U]",
     "[bdsk'U]", "[ka'U]", "[knk'U]", "[mclg'U]", "[tb'U]", "[CCID_50]", "[TCID_50]", "[EID_50]", "[PFU]", "[FFU]", "[CFU]",
     "[IR]", "[BAU]", "[AU]", "[Amb'a'1'U]", "[PNU]", "[Lf]", "[D'ag'U]", "[FEU]", "[ELU]", "[EU]", "[HPF]", "[LPF]"}
)  # fmt: skip
"""Units of procedures: none is worth anything in another. They take a metric prefix where it is written so (m[iU])."""

SAME: Final = {
    "[IU]": "[iU]",
    "l": "L",
    "a": "a_j",
    "mo": "mo_j",
    "cal": "cal_th",
    "[Cal]": "kcal_th",
}
"""Other spellings of the same unit."""

SPECIAL: Final = {
    "Cel": ("1", "273.15"),
    "[degF]": ("5/9", "45967/180"),
    "[degRe]": ("5/4", "273.15"),
}
"""Temperatures: code → factor and what is added, to K. They stand alone, in no product."""

DEFINED: Final = """
10* 10 1
10^ 10 1
[pi] 3.1415926535897932384626433832795028841971693993751058209749445923 1
% 0.01 1
[ppth] 0.001 1
[ppm] 0.000001 1
[ppb] 0.000000001 1
[pptr] 0.000000000001 1
sr* 1 rad2
Hz* 1 s-1
N* 1 kg.m/s2
Pa* 1 N/m2
J* 1 N.m
W* 1 J/s
A* 1 C/s
V* 1 J/C
F* 1 C/V
Ohm* 1 V/A
S* 1 Ohm-1
Wb* 1 V.s
T* 1 Wb/m2
H* 1 Wb/A
lm* 1 cd.sr
lx* 1 lm/m2
Bq* 1 s-1
Gy* 1 J/kg
Sv* 1 J/kg
kat* 1 mol/s
U* 1 umol/min
eq* 1 mol
osm* 1 mol
min 60 s
h 60 min
d 24 h
wk 7 d
a_t 365.24219 d
a_j 365.25 d
a_g 365.2425 d
mo_j 1 a_j/12
mo_s 29.53059 d
mo_g 1 a_g/12
deg 2 [pi].rad/360
gon* 0.9 deg
' 1 deg/60
'' 1 '/60
L* 1 dm3
ar* 100 m2
t* 1000 kg
bar* 100000 Pa
u* 1.66053906660E-24 g
eV* 1.602176634E-19 J
atm 101325 Pa
m[Hg]* 133.322 kPa
m[H2O]* 9.80665 kPa
[in_i'Hg] 0.0254 m[Hg]
[in_i'H2O] 0.0254 m[H2O]
[psi] 1 [lbf_av]/[in_i]2
[g]* 9.80665 m/s2
gf* 1 g.[g]
[lbf_av] 1 [lb_av].[g]
dyn* 0.00001 N
erg* 0.0000001 J
P* 1 dyn.s/cm2
St* 1 cm2/s
cal_th* 4.184 J
cal_[15]* 4.1858 J
cal_[20]* 4.1819 J
[Btu_th] 1.05435 kJ
G* 0.0001 T
Ci* 37000000000 Bq
R* 0.000258 C/kg
RAD* 0.01 Gy
REM* 0.01 Sv
Ao 0.1 nm
b 100 fm2
By* 8 bit
Bd* 1 s-1
[in_i] 2.54 cm
[ft_i] 12 [in_i]
[yd_i] 3 [ft_i]
[mi_i] 5280 [ft_i]
[nmi_i] 1852 m
[kn_i] 1 [nmi_i]/h
[gr] 64.79891 mg
[lb_av] 7000 [gr]
[oz_av] 1 [lb_av]/16
[dr_av] 1 [oz_av]/16
[stone_av] 14 [lb_av]
[car_m] 0.2 g
[gal_us] 231 [in_i]3
[qt_us] 1 [gal_us]/4
[pt_us] 1 [qt_us]/2
[cup_us] 1 [pt_us]/2
[foz_us] 1 [cup_us]/8
[tbs_us] 1 [foz_us]/2
[tsp_us] 1 [tbs_us]/3
[foz_m] 30 mL
[cup_m] 240 mL
[tbs_m] 15 mL
[tsp_m] 5 mL
[gal_br] 4.54609 L
[pt_br] 1 [gal_br]/8
[foz_br] 1 [pt_br]/20
[drp] 0.05 mL
g%* 1 g/dL
[diop] 1 m-1
[MET] 3.5 mL/min/kg
[Ch] 1 mm/3
mho* 1 S
[PRU] 1 mm[Hg].s/mL
"""
