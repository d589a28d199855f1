package dev.restbus.sample.gps;

import dev.restbus.client.BusClientException;
import dev.restbus.sample.gps.replay.BadLineException;
import dev.restbus.sample.gps.replay.ReplayException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;

/** Answers failures as problem documents (RFC 9457). */
@RestControllerAdvice
class GpsProblems extends ResponseEntityExceptionHandler {

    private static final String RETRY_AFTER_SECONDS = "2";

    @ExceptionHandler
    ProblemDetail badLine(BadLineException e) {
        ProblemDetail problem = problem(HttpStatus.UNPROCESSABLE_CONTENT, "bad-line", e);
        problem.setProperty("line", e.line());
        return problem;
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> replay(ReplayException e) {
        return switch (e.kind()) {
            case BUSY -> answer(problem(HttpStatus.CONFLICT, "import-running", e));
            case CANCELLED -> answer(problem(HttpStatus.CONFLICT, "import-cancelled", e));
            case TOO_LARGE -> answer(problem(HttpStatus.CONTENT_TOO_LARGE, "body-too-large", e));
            case BUS -> later(problem(HttpStatus.SERVICE_UNAVAILABLE, "bus-failed", e));
        };
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> bus(BusClientException e) {
        return later(problem(HttpStatus.SERVICE_UNAVAILABLE, "bus-failed", e));
    }

    @ExceptionHandler
    ProblemDetail invalid(IllegalArgumentException e) {
        return problem(HttpStatus.UNPROCESSABLE_CONTENT, "invalid-value", e);
    }

    private static ProblemDetail problem(HttpStatusCode status, String code, Exception e) {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, e.getMessage());
        problem.setProperty("code", code);
        return problem;
    }

    private static ResponseEntity<ProblemDetail> answer(ProblemDetail problem) {
        return ResponseEntity.status(problem.getStatus()).body(problem);
    }

    private static ResponseEntity<ProblemDetail> later(ProblemDetail problem) {
        return ResponseEntity.status(problem.getStatus())
                .header(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS)
                .body(problem);
    }
}
