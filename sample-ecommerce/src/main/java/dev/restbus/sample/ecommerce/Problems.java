package dev.restbus.sample.ecommerce;

import dev.restbus.client.BusClientException;
import dev.restbus.sample.ecommerce.invoice.BadLineException;
import dev.restbus.sample.ecommerce.invoice.FileTooLargeException;
import dev.restbus.sample.ecommerce.invoice.ImportStoppedException;
import dev.restbus.sample.ecommerce.traffic.BurstRunningException;
import java.util.List;
import java.util.Map;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.MethodArgumentNotValidException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;

/** Turns failures into problem documents (RFC 9457). */
@RestControllerAdvice
class Problems extends ResponseEntityExceptionHandler {

    @ExceptionHandler
    ResponseEntity<ProblemDetail> busAway(BusClientException failure) {
        return unavailable(failure, "The bus did not take it: " + failure.getMessage());
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> importStopped(ImportStoppedException stopped) {
        ResponseEntity<ProblemDetail> answer = unavailable(stopped.failure(), stopped.getMessage());
        answer.getBody().setProperty("stored", stopped.stored());
        return answer;
    }

    @ExceptionHandler
    ProblemDetail badLine(BadLineException bad) {
        ProblemDetail problem =
                ProblemDetail.forStatusAndDetail(
                        HttpStatus.UNPROCESSABLE_CONTENT, bad.getMessage());
        problem.setProperty("line", bad.line());
        return problem;
    }

    @ExceptionHandler
    ProblemDetail fileTooLarge(FileTooLargeException tooLarge) {
        return ProblemDetail.forStatusAndDetail(
                HttpStatus.CONTENT_TOO_LARGE, tooLarge.getMessage());
    }

    @ExceptionHandler
    ProblemDetail burstRunning(BurstRunningException running) {
        return ProblemDetail.forStatusAndDetail(HttpStatus.CONFLICT, running.getMessage());
    }

    @Override
    protected ResponseEntity<Object> handleMethodArgumentNotValid(
            MethodArgumentNotValidException invalid,
            HttpHeaders headers,
            HttpStatusCode status,
            WebRequest request) {
        List<Map<String, String>> errors =
                invalid.getFieldErrors().stream()
                        .map(
                                error ->
                                        Map.of(
                                                "pointer", pointer(error.getField()),
                                                "message",
                                                        String.valueOf(error.getDefaultMessage())))
                        .toList();
        ProblemDetail problem =
                ProblemDetail.forStatusAndDetail(
                        HttpStatus.UNPROCESSABLE_CONTENT, "The request is not valid.");
        problem.setProperty("errors", errors);
        return ResponseEntity.unprocessableContent().body(problem);
    }

    /** Whether the data may be stored all the same is part of the answer. */
    private static ResponseEntity<ProblemDetail> unavailable(
            BusClientException failure, String detail) {
        ProblemDetail problem =
                ProblemDetail.forStatusAndDetail(HttpStatus.SERVICE_UNAVAILABLE, detail);
        problem.setProperty("outcome", failure.outcome().wireName());
        return ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE)
                .header(HttpHeaders.RETRY_AFTER, "1")
                .body(problem);
    }

    /** {@code lines[0].sku} as {@code /lines/0/sku}. */
    private static String pointer(String field) {
        return "/" + field.replace("[", "/").replace("]", "").replace('.', '/');
    }
}
