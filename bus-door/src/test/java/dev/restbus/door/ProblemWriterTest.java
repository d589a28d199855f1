package dev.restbus.door;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.FieldError;
import dev.restbus.api.Outcome;
import dev.restbus.api.Problem;
import dev.restbus.api.ProblemCode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

class ProblemWriterTest {

    @Test
    void documentHoldsEveryMember() {
        Problem problem =
                new Problem(
                        ProblemCode.OFFSET_OUT_OF_RANGE,
                        "9 is \"outside\" ü",
                        Outcome.UNKNOWN,
                        List.of(new FieldError("offset", "not 9")),
                        "curl …",
                        null,
                        Map.of("logStartOffset", 3L));
        String json = new String(ProblemWriter.document(problem, "t-1"), StandardCharsets.UTF_8);
        assertThat(json)
                .isEqualTo(
                        "{\"type\":\"/problems/offset-out-of-range\","
                                + "\"title\":\"The offset is outside the log\",\"status\":416,"
                                + "\"detail\":\"9 is \\\"outside\\\" ü\","
                                + "\"code\":\"offset-out-of-range\",\"retryable\":false,"
                                + "\"outcome\":\"unknown\","
                                + "\"errors\":[{\"pointer\":\"offset\",\"message\":\"not 9\"}],"
                                + "\"hint\":\"curl …\",\"logStartOffset\":3,"
                                + "\"traceId\":\"t-1\"}");
    }

    @Test
    void logAndAnswerNameTheSameTrace() {
        MockHttpServletRequest request = new MockHttpServletRequest("GET", "/x");
        String logged = ProblemWriter.traceId(request);
        MockHttpServletResponse response = new MockHttpServletResponse();
        ProblemWriter.write(request, response, ProblemCode.INTERNAL.problem("it failed"));
        assertThat(response.getHeader("Request-Id")).isEqualTo(logged);
        assertThat(ProblemWriter.traceId(new MockHttpServletRequest())).isNotEqualTo(logged);
    }

    @Test
    void retryAfterIsInWholeSecondsRoundedUp() {
        assertThat(retryAfter(ProblemCode.CONTROL_PLANE_FROZEN.problem("x").withRetryAfterMs(1)))
                .isEqualTo("1");
        assertThat(
                        retryAfter(
                                ProblemCode.CONTROL_PLANE_FROZEN
                                        .problem("x")
                                        .withRetryAfterMs(2_001)))
                .isEqualTo("3");
        assertThat(retryAfter(ProblemCode.BACKPRESSURE.problem("x"))).isEqualTo("1");
        assertThat(retryAfter(ProblemCode.DISK_FULL.problem("x"))).isEqualTo("1");
        assertThat(retryAfter(ProblemCode.NOT_FOUND.problem("x"))).isNull();
    }

    private static @Nullable String retryAfter(Problem problem) {
        MockHttpServletResponse response = new MockHttpServletResponse();
        ProblemWriter.write(new MockHttpServletRequest(), response, problem);
        return response.getHeader("Retry-After");
    }
}
