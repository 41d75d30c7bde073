// One rule of a plan or of the general limits. Which fields a kind needs is decided by the hub (thresholds.md section 5);
// this says what each field is called and what it may hold.

Extension: DhoThresholdRule
Id: dho-threshold-rule
Title: "Threshold rule"
Description: "One rule: its kind, the measure and unit it judges, its bands with open and closed ends as written, and the fields of its kind. Decimals are exact."
Context: CarePlan, ServiceRequest, ObservationDefinition
* extension contains
    sequence 0..1 and
    id 1..1 and
    kind 1..1 and
    measure 0..1 and
    unit 0..1 and
    band 0..* and
    component 0..* and
    when 0..* and
    quiet 0..1 and
    autoResolve 0..1 and
    overridable 0..1 and
    version 0..1 and
    approvedBy 0..1 and
    zone 0..1 and
    window 0..1 and
    direction 0..1 and
    baseline 0..1 and
    fixed 0..1 and
    as 0..1 and
    minPoints 0..1 and
    minSpan 0..1 and
    n 0..1 and
    m 0..1 and
    where 0..1 and
    windowDays 0..1 and
    dropFirstDay 0..1 and
    minReadings 0..1 and
    minDays 0..1 and
    times 0..* and
    days 0..7 and
    early 0..1 and
    grace 0..1 and
    escalate 0..1 and
    form 0..1 and
    item 0..1 and
    items 0..* and
    total 0..1 and
    multiply 0..1 and
    reversed 0..1 and
    itemMax 0..1 and
    map 0..* and
    score 0..1 and
    spo2Scale 0..1 and
    within 0..1 and
    all 0..*
* extension[sequence].value[x] only integer
* extension[sequence] ^short = "Place among the rules of the plan, from 1"
* extension[id].value[x] only string
* extension[id] ^short = "Names the rule; alerts are kept by patient and this id"
* extension[kind].value[x] only code
* extension[kind].valueCode from DhoRuleKinds (required)
* extension[measure].value[x] only code
* extension[measure] ^short = "Key of the measure table"
* extension[unit].value[x] only string
* extension[unit] ^short = "UCUM; values are converted to it before they are compared"
* extension[band] ^short = "A zone between bounds; at most one lower and one upper"
* extension[band].extension contains component 0..1 and zone 1..1 and gt 0..1 and ge 0..1 and lt 0..1 and le 0..1
* extension[band].extension[component].value[x] only code
* extension[band].extension[zone].value[x] only code
* extension[band].extension[zone].valueCode from DhoZones (required)
* extension[band].extension[gt].value[x] only decimal
* extension[band].extension[ge].value[x] only decimal
* extension[band].extension[lt].value[x] only decimal
* extension[band].extension[le].value[x] only decimal
* extension[component].value[x] only code
* extension[component] ^short = "A component of a panel that the bands name, in order"
* extension[when] ^short = "The rule applies only where the circumstances are these"
* extension[when].extension contains key 1..1 and value 0..1
* extension[when].extension[key].value[x] only string
* extension[when].extension[value].value[x] only string or boolean
* extension[quiet].value[x] only Duration
* extension[quiet] ^short = "How long after closing no new yellow alert is raised"
* extension[autoResolve] ^short = "Yellow closes itself after so many greens so far inside the band"
* extension[autoResolve].extension contains count 1..1 and margin 1..1
* extension[autoResolve].extension[count].value[x] only integer
* extension[autoResolve].extension[margin].value[x] only decimal
* extension[overridable].value[x] only boolean
* extension[overridable] ^short = "General limits: false makes a floor that no plan replaces"
* extension[version].value[x] only integer
* extension[approvedBy].value[x] only Reference(Practitioner or PractitionerRole or Organization)
* extension[zone].value[x] only code
* extension[zone].valueCode from DhoZones (required)
* extension[window].value[x] only string
* extension[window] ^short = "ISO 8601 duration; days are calendar days, hours are elapsed hours"
* extension[direction].value[x] only string
* extension[baseline].value[x] only string
* extension[fixed].value[x] only decimal
* extension[as].value[x] only code
* extension[minPoints].value[x] only integer
* extension[minSpan].value[x] only string
* extension[n].value[x] only integer
* extension[m].value[x] only integer
* extension[where].extension contains gt 0..1 and ge 0..1 and lt 0..1 and le 0..1
* extension[where].extension[gt].value[x] only decimal
* extension[where].extension[ge].value[x] only decimal
* extension[where].extension[lt].value[x] only decimal
* extension[where].extension[le].value[x] only decimal
* extension[windowDays].value[x] only integer
* extension[dropFirstDay].value[x] only boolean
* extension[minReadings].value[x] only integer
* extension[minDays].value[x] only integer
* extension[times].value[x] only string
* extension[times] ^short = "Local time of the patient, as 08:00"
* extension[days].value[x] only string
* extension[early].value[x] only string
* extension[grace].value[x] only string
* extension[escalate].extension contains count 1..1 and zone 1..1
* extension[escalate].extension[count].value[x] only integer
* extension[escalate].extension[zone].value[x] only code
* extension[escalate].extension[zone].valueCode from DhoZones (required)
* extension[form].value[x] only string
* extension[item].value[x] only string
* extension[items].value[x] only string
* extension[total].value[x] only boolean
* extension[multiply].value[x] only decimal
* extension[reversed].value[x] only boolean
* extension[itemMax].value[x] only decimal
* extension[map].extension contains code 1..1 and zone 1..1
* extension[map].extension[code].value[x] only string
* extension[map].extension[zone].value[x] only code
* extension[map].extension[zone].valueCode from DhoZones (required)
* extension[score].value[x] only string
* extension[spo2Scale].value[x] only integer
* extension[within].value[x] only string
* extension[all].extension contains rule 1..1 and minZone 1..1
* extension[all].extension[rule].value[x] only string
* extension[all].extension[minZone].value[x] only code
* extension[all].extension[minZone].valueCode from DhoZones (required)

Extension: DhoPlanVersion
Id: dho-plan-version
Title: "Version of a self-care plan"
Description: "Which version of the plan this is, how it judges, and who approved it. A version is never changed once it is approved."
Context: CarePlan
* extension contains
    version 1..1 and mode 0..1 and safetyNet 0..1 and lastReview 0..1 and reviewInterval 0..1 and approvedBy 0..1 and approvedAt 0..1
* extension[version].value[x] only integer
* extension[mode].value[x] only code
* extension[mode].valueCode from DhoPlanModes (required)
* extension[safetyNet].value[x] only boolean
* extension[safetyNet] ^short = "In observe mode: floors still raise alerts"
* extension[lastReview].value[x] only date
* extension[reviewInterval].value[x] only string
* extension[approvedBy].value[x] only Reference(Practitioner or PractitionerRole or Organization)
* extension[approvedAt].value[x] only dateTime

Extension: DhoZone
Id: dho-zone
Title: "Zone"
Description: "The zone of a zone plan, an alert, its banner or its task."
Context: CarePlan, DetectedIssue, Flag, Task
* value[x] only code
* valueCode from DhoZones (required)

CodeSystem: DhoPoints
Id: dho-points
Title: "Points of an answer"
Description: "An answer by the number it counts, where the words belong to the owner of a form."
* ^caseSensitive = true
* ^experimental = false
* ^content = #fragment
