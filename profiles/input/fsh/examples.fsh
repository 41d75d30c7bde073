// Synthetic persons only.

Instance: plan-example
InstanceOf: DhoCarePlan
Title: "Self-care plan for COPD, version 2"
Usage: #example
* identifier.system = $PlanIds
* identifier.value = "ebp-kols"
* status = #active
* title = "Egenbehandlingsplan ved KOLS"
* description = "Å kunne gå tur med hunden"
* subject = Reference(Patient/kols-example)
* period.start = "2026-02-02T08:00:00+01:00"
* activity.reference = Reference(spo2-request-example)
* extension[version].extension[version].valueInteger = 2
* extension[version].extension[mode].valueCode = #active
* extension[version].extension[safetyNet].valueBoolean = true
* extension[version].extension[lastReview].valueDate = "2026-02-01"
* extension[version].extension[reviewInterval].valueString = "P3M"
* extension[version].extension[approvedBy].valueReference.display = "Rolig Testlege"
* extension[version].extension[approvedAt].valueDateTime = "2026-02-01T12:00:00+01:00"
* extension[rule].extension[sequence].valueInteger = 2
* extension[rule].extension[id].valueString = "gjennomgang"
* extension[rule].extension[kind].valueCode = #stale_plan

Instance: spo2-request-example
InstanceOf: DhoMeasureRequest
Title: "SpO2 every morning"
Usage: #example
* basedOn = Reference(plan-example)
* status = #active
* code.coding[0] = $LOINC#59408-5
* code.coding[1] = $Measure#spo2
* code.text = "SpO2"
* subject = Reference(Patient/kols-example)
* occurrenceTiming.repeat.frequency = 1
* occurrenceTiming.repeat.period = 1
* occurrenceTiming.repeat.periodUnit = #d
* occurrenceTiming.repeat.timeOfDay = "08:00:00"
* extension[rule].extension[sequence].valueInteger = 1
* extension[rule].extension[id].valueString = "kols-spo2"
* extension[rule].extension[kind].valueCode = #absolute
* extension[rule].extension[measure].valueCode = #spo2
* extension[rule].extension[unit].valueString = "%"
* extension[rule].extension[band][0].extension[zone].valueCode = #red
* extension[rule].extension[band][0].extension[lt].valueDecimal = 88
* extension[rule].extension[band][1].extension[zone].valueCode = #yellow
* extension[rule].extension[band][1].extension[ge].valueDecimal = 88
* extension[rule].extension[band][1].extension[lt].valueDecimal = 90
* extension[rule].extension[band][2].extension[zone].valueCode = #green
* extension[rule].extension[band][2].extension[ge].valueDecimal = 90
* extension[rule].extension[quiet].valueDuration = 12 'h' "timer"

Instance: yellow-zone-example
InstanceOf: Condition
Title: "How the yellow zone feels"
Usage: #example
* clinicalStatus = $Clinical#active
* severity = $ZoneHl7no#yellow
* code.text = "Mer slim enn vanlig, tyngre å puste i trapper"
* subject = Reference(Patient/kols-example)

Instance: yellow-plan-example
InstanceOf: DhoZoneCarePlan
Title: "What to do in the yellow zone"
Usage: #example
* extension[zone].valueCode = #yellow
* partOf = Reference(plan-example)
* status = #active
* title = "Tiltak - gul sone"
* subject = Reference(Patient/kols-example)
* addresses = Reference(yellow-zone-example)
* activity.detail.status = #not-started
* activity.detail.description = "Ta behovsmedisin og mål igjen om to timer"

Instance: limits-example
InstanceOf: DhoGeneralLimits
Title: "A floor for SpO2"
Usage: #example
* code.coding[0] = $LOINC#59408-5
* code.coding[1] = $Measure#spo2
* extension[rule].extension[sequence].valueInteger = 1
* extension[rule].extension[id].valueString = "vern-spo2"
* extension[rule].extension[kind].valueCode = #absolute
* extension[rule].extension[measure].valueCode = #spo2
* extension[rule].extension[unit].valueString = "%"
* extension[rule].extension[band][0].extension[zone].valueCode = #red
* extension[rule].extension[band][0].extension[lt].valueDecimal = 80
* extension[rule].extension[band][1].extension[zone].valueCode = #green
* extension[rule].extension[band][1].extension[ge].valueDecimal = 80
* extension[rule].extension[overridable].valueBoolean = false
* qualifiedInterval.category = #critical
* qualifiedInterval.range.low = 80 '%'

Instance: observation-example
InstanceOf: DhoObservation
Title: "SpO2 86 %"
Usage: #example
* status = #final
* code.coding = $LOINC#59408-5
* subject = Reference(Patient/kols-example)
* effectiveDateTime = "2026-04-14T16:05:00+02:00"
* valueQuantity = 86 '%'

Instance: alert-example
InstanceOf: DhoAlert
Title: "SpO2 below the red limit"
Usage: #example
* extension[zone].valueCode = #red
* extension[severityLevel].valueCoding = $VkpSeverity#30 "Alvorlig"
* extension[triage].valueCoding = $VkpTriage#R "red"
* extension[basis].extension[rule].valueString = "kols-spo2"
* extension[basis].extension[planId].valueString = "ebp-kols"
* extension[basis].extension[planVersion].valueInteger = 2
* extension[basis].extension[state].valueCode = #open
* extension[basis].extension[audience].valueCode = #clinical
* extension[basis].extension[engineVersion].valueString = "0.1.0"
* identifier.system = $AlertIds
* identifier.value = "kols-spo2@1"
* status = #preliminary
* code.coding[vkp] = $VkpAlert#5.2.1 "Måledata rapportert"
* code.coding[reason] = $Reason#absolute.low
* severity = #high
* patient = Reference(Patient/kols-example)
* identifiedDateTime = "2026-04-14T16:07:00+02:00"
* author.display = "DHO-hub"
* implicated = Reference(observation-example)
* evidence.code = $Reason#absolute.low
* evidence.detail = Reference(observation-example)
* evidence.extension[firing].extension[version].valueInteger = 1
* evidence.extension[firing].extension[zone].valueCode = #red
* evidence.extension[firing].extension[effective].valueDateTime = "2026-04-14T16:05:00+02:00"
* evidence.extension[firing].extension[measure].valueString = "spo2"
* evidence.extension[firing].extension[receivedValue].valueString = "86"
* evidence.extension[firing].extension[receivedUnit].valueString = "%"
* evidence.extension[firing].extension[value].valueQuantity = 86 '%'
* evidence.extension[firing].extension[limitSign].valueString = "<"
* evidence.extension[firing].extension[limit].valueQuantity = 88 '%'
* detail = "SpO2 86 % er under rød grense (< 88 %), EBP v2"

Instance: flag-example
InstanceOf: DhoAlertFlag
Title: "Banner of the alert"
Usage: #example
* extension[zone].valueCode = #red
* identifier.system = $AlertIds
* identifier.value = "kols-spo2@1"
* status = #active
* category = $FlagCategory#clinical
* code.coding[0] = $VkpAlert#5.2.1 "Måledata rapportert"
* code.coding[1] = $Reason#absolute.low
* code.text = "SpO2 86 % er under rød grense (< 88 %), EBP v2"
* subject = Reference(Patient/kols-example)
* period.start = "2026-04-14T16:07:00+02:00"

Instance: task-example
InstanceOf: DhoAlertTask
Title: "Somebody must act on the alert"
Usage: #example
* extension[zone].valueCode = #red
* identifier.system = $AlertIds
* identifier.value = "kols-spo2@1"
* status = #requested
* priority = #stat
* code = $Task#clinical-alert "Følg opp varsel"
* focus = Reference(alert-example)
* for = Reference(Patient/kols-example)
* authoredOn = "2026-04-14T16:07:00+02:00"
