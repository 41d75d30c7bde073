Extension: DhoAlertBasis
Id: dho-alert-basis
Title: "What an alert rests on"
Description: "Rule and plan with versions and approver, the state of the alert, the human steps and the engine."
Context: DetectedIssue
* extension contains
    rule 1..1 and ruleVersion 0..1 and planId 0..1 and planVersion 0..1 and approvedBy 0..1 and state 1..1 and
    waitingSince 0..1 and audience 1..1 and engineVersion 1..1 and flag 0..* and step 0..* and snoozedUntil 0..1 and endedAt 0..1
* extension[rule].value[x] only string
* extension[ruleVersion].value[x] only integer
* extension[planId].value[x] only string
* extension[planVersion].value[x] only integer
* extension[approvedBy].value[x] only Reference(Practitioner or PractitionerRole or Organization)
* extension[state].value[x] only code
* extension[state].valueCode from DhoAlertStates (required)
* extension[waitingSince].value[x] only dateTime
* extension[audience].value[x] only code
* extension[engineVersion].value[x] only string
* extension[flag].value[x] only code
* extension[step] ^short = "A human step: who, when, what"
* extension[step].extension contains type 1..1 and at 1..1 and by 0..1 and note 0..1 and action 0..1 and until 0..1
* extension[step].extension[type].value[x] only code
* extension[step].extension[at].value[x] only dateTime
* extension[step].extension[by].value[x] only Reference(Practitioner or PractitionerRole or Organization)
* extension[step].extension[note].value[x] only string
* extension[step].extension[action].value[x] only string
* extension[step].extension[until].value[x] only dateTime
* extension[snoozedUntil].value[x] only dateTime
* extension[endedAt].value[x] only dateTime

Extension: DhoFiring
Id: dho-firing
Title: "Firing"
Description: "What one version of one observation gave by the rule: value as received and as judged, the limit it crossed, the plan and who approved it."
Context: DetectedIssue.evidence
* extension contains
    version 1..1 and zone 1..1 and effective 1..1 and flag 0..* and measure 0..1 and source 0..1 and receivedValue 0..1 and
    receivedUnit 0..1 and value 0..1 and limitSign 0..1 and limit 0..1 and planId 0..1 and planVersion 0..1 and
    ruleVersion 0..1 and approvedBy 0..1
* extension[version].value[x] only integer
* extension[zone].value[x] only code
* extension[zone].valueCode from DhoZones (required)
* extension[effective].value[x] only dateTime
* extension[flag].value[x] only code
* extension[measure].value[x] only string
* extension[source].value[x] only string
* extension[receivedValue].value[x] only string
* extension[receivedUnit].value[x] only string
* extension[value].value[x] only Quantity
* extension[limitSign].value[x] only string
* extension[limit].value[x] only Quantity
* extension[planId].value[x] only string
* extension[planVersion].value[x] only integer
* extension[ruleVersion].value[x] only integer
* extension[approvedBy].value[x] only Reference(Practitioner or PractitionerRole or Organization)

Extension: DhoEvidenceCount
Id: dho-evidence-count
Title: "How many firings there are"
Description: "How many firings an alert rests on, where the DetectedIssue shows only the first and the newest."
Context: DetectedIssue
* value[x] only integer

Extension: DhoTriage
Id: dho-triage
Title: "Triage"
Description: "The zone as VKP's triage colour."
Context: DetectedIssue
* value[x] only Coding
* valueCoding from http://ehelse.no/fhir/ValueSet/vkp-triage-v090 (required)

Extension: DhoSeverityLevel
Id: dho-severity-level
Title: "Severity level"
Description: "The zone as VKP's severity level; VKP's own extension may stand on Flag only."
Context: DetectedIssue
* value[x] only Coding
* valueCoding from http://ehelse.no/fhir/ValueSet/vkp-severity-level-v090 (required)

Profile: DhoAlert
Parent: DetectedIssue
Id: dho-alert
Title: "Alert (varsel)"
Description: "What a rule found in a patient's values: one alert for each patient and rule while it is not closed. `code` tells VKP's kind of alert and the rule's own reason."
* extension contains
    DhoZone named zone 1..1 MS and DhoSeverityLevel named severityLevel 1..1 MS and DhoTriage named triage 1..1 MS and
    DhoAlertBasis named basis 1..1 MS and DhoEvidenceCount named evidenceCount 0..1
* identifier 1..*
* identifier.system 1..1
* code 1..1
* code.coding 2..*
* code.coding ^slicing.discriminator.type = #value
* code.coding ^slicing.discriminator.path = "system"
* code.coding ^slicing.rules = #open
* code.coding contains vkp 1..1 and reason 1..1
* code.coding[vkp].system = "http://ehelse.no/fhir/CodeSystem/vkp-alert-code-v090"
* code.coding[reason].system = "https://dho-hub.example/fhir/CodeSystem/dho-alert-reason"
* patient 1..1
* identified[x] only dateTime
* identifiedDateTime 1..1
* author 1..1
* evidence.extension contains DhoFiring named firing 0..1 MS
* evidence.code 1..*
* evidence.detail 1..*

Profile: DhoAlertFlag
Parent: Flag
Id: dho-alert-flag
Title: "Banner of an alert"
Description: "What a journal shows as long as an alert is open."
* extension contains DhoZone named zone 1..1 MS
* identifier 1..*
* category 1..*
* code.coding 1..*
* subject only Reference(Patient)
* period 1..1
* period.start 1..1

Profile: DhoAlertTask
Parent: Task
Id: dho-alert-task
Title: "Work that an alert makes"
Description: "Who must act on an alert, and how far they have come."
* extension contains DhoZone named zone 1..1 MS
* identifier 1..*
* intent = #order
* priority 1..1
* code 1..1
* code from DhoTaskCodes (extensible)
* focus 1..1
* focus only Reference(DetectedIssue)
* for 1..1
* for only Reference(Patient)
* authoredOn 1..1

Profile: DhoObservation
Parent: Observation
Id: dho-observation
Title: "Measurement at home"
Description: "A value a patient measured. The hub takes plainer Observations, too; this is what it judges without a technical alert."
* code.coding 1..*
* subject 1..1
* subject only Reference(Patient)
* effective[x] 1..1
* effective[x] only dateTime
* obeys dho-value-with-unit

Invariant: dho-value-with-unit
Description: "A quantity names its unit in UCUM: without it no limit can be applied."
Severity: #error
Expression: "(value is Quantity) implies (value.system = 'http://unitsofmeasure.org' and value.code.exists())"
