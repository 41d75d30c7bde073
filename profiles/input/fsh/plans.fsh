Profile: DhoCarePlan
Parent: CarePlan
Id: dho-careplan
Title: "Self-care plan (egenbehandlingsplan)"
Description: "One version of a patient's self-care plan: what matters to the patient, goals, and per measure a request with schedule and rules. `period.start` decides from when it judges, also for values that come late."
* extension contains DhoPlanVersion named version 1..1 MS and DhoThresholdRule named rule 0..* MS
* identifier 1..* MS
* identifier ^short = "Names the plan through all its versions"
* replaces MS
* partOf 0..0
* intent = #plan
* category 1..*
* category ^slicing.discriminator.type = #pattern
* category ^slicing.discriminator.path = "$this"
* category ^slicing.rules = #open
* category contains selfCare 1..1
* category[selfCare] = $VkpCarePlan#2
* subject only Reference(Patient)
* period 1..1
* period.start 1..1
* goal MS
* activity.reference only Reference(ServiceRequest)
* activity.reference MS
* obeys dho-over-needs-end

Invariant: dho-over-needs-end
Description: "A plan that is over has an end: without it, it would still hold."
Severity: #error
Expression: "(status = 'completed' or status = 'revoked') implies period.end.exists()"

Profile: DhoZoneCarePlan
Parent: CarePlan
Id: dho-zone-careplan
Title: "Zone of a self-care plan"
Description: "What a patient does in one zone; how the zone feels stands in the Condition it addresses."
* extension contains DhoZone named zone 1..1 MS
* partOf 1..1
* partOf only Reference(DhoCarePlan)
* intent = #plan
* subject only Reference(Patient)
* addresses 1..1
* activity 1..1
* activity.detail 1..1
* activity.detail.description 1..1

Profile: DhoMeasureRequest
Parent: ServiceRequest
Id: dho-measure-request
Title: "Measure or form of a self-care plan"
Description: "What the patient measures or answers, when, and the rules it is judged by."
* extension contains DhoThresholdRule named rule 0..* MS
* basedOn 1..*
* basedOn only Reference(CarePlan)
* intent = #plan
* code 1..1
* subject only Reference(Patient)
* occurrence[x] only Timing
* occurrenceTiming MS

Profile: DhoGeneralLimits
Parent: ObservationDefinition
Id: dho-general-limits
Title: "General limits"
Description: "The limits that hold for every patient without a rule of its own, and the floors no plan replaces. The extension is exact; `qualifiedInterval` repeats what plain FHIR can say."
* extension contains DhoThresholdRule named rule 1..* MS
* code 1..1
* qualifiedInterval MS
