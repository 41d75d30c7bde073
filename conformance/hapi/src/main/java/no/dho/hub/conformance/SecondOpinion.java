package no.dho.hub.conformance;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.r5.utils.validation.constants.BestPracticeWarningLevel;

/**
 * Files of resources, one JSON text a line, to one JSON line each: what HAPI's validator finds wrong.
 *
 * <p>In: file names as arguments. Out, in the order of the lines:
 * {"line": 0, "issues": [{"severity": "error", "id": "…", "where": "…", "text": "…"}]}. No terminology server, no network.
 */
public final class SecondOpinion {
  private static final ObjectMapper JSON = new ObjectMapper();

  private SecondOpinion() {}

  /** File names to lines on standard output; exit status 2 when called without any. */
  public static void main(String[] files) throws IOException {
    if (files.length == 0) {
      System.err.println("usage: SecondOpinion FILE.ndjson...");
      System.exit(2);
    }
    List<String> bodies = new ArrayList<>();
    for (String file : files) {
      bodies.addAll(Files.readAllLines(Path.of(file), StandardCharsets.UTF_8));
    }
    FhirValidator validator = validator();
    List<String> lines =
        IntStream.range(0, bodies.size())
            .parallel()
            .mapToObj(at -> judge(validator, at, bodies.get(at)))
            .collect(Collectors.toList());
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    lines.forEach(out::println);
    out.flush();
  }

  private static FhirValidator validator() {
    FhirContext context = FhirContext.forR4();
    ValidationSupportChain support =
        new ValidationSupportChain(
            new DefaultProfileValidationSupport(context),
            new InMemoryTerminologyServerValidationSupport(context),
            new CommonCodeSystemsTerminologyService(context));
    FhirInstanceValidator module = new FhirInstanceValidator(support);
    module.setAnyExtensionsAllowed(true);
    module.setErrorForUnknownProfiles(false);
    module.setNoExtensibleWarnings(true);
    module.setAssumeValidRestReferences(true);
    module.setBestPracticeWarningLevel(BestPracticeWarningLevel.Ignore);
    return context.newValidator().registerValidatorModule(module);
  }

  private static String judge(FhirValidator validator, int line, String body) {
    ObjectNode told = JSON.createObjectNode().put("line", line);
    ArrayNode issues = told.putArray("issues");
    try {
      for (SingleValidationMessage each : validator.validateWithResult(body).getMessages()) {
        if (each.getSeverity().compareTo(ResultSeverityEnum.ERROR) >= 0) {
          issues
              .addObject()
              .put("severity", each.getSeverity().getCode())
              .put("id", each.getMessageId())
              .put("where", each.getLocationString())
              .put("text", each.getMessage());
        }
      }
    } catch (RuntimeException thrown) {
      // A body it cannot even read is a refusal too; the kind is told apart from those it explains.
      issues
          .addObject()
          .put("severity", "fatal")
          .put("id", "thrown:" + thrown.getClass().getSimpleName())
          .put("where", "")
          .put("text", String.valueOf(thrown.getMessage()));
    }
    return told.toString();
  }
}
