package dev.restbus.door.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.api.BusException;
import dev.restbus.api.Problem;
import dev.restbus.api.ProblemCode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;

class StrictJsonTest {

    record Item(int size, String name) {
        Item {
            if (size < 0) {
                throw ProblemCode.INVALID_VALUE.exceptionAt("/size", "size is not negative");
            }
        }
    }

    record Box(List<Item> items) {}

    @Test
    void pointersAreJsonPointersIntoTheBody() {
        Problem problem = refusal("{\"items\":[{\"size\":1},{\"size\":{}}]}");
        assertThat(problem.code()).isEqualTo(ProblemCode.WRONG_TYPE);
        assertThat(problem.errors().get(0).pointer()).isEqualTo("/items/1/size");
        Problem unknown = refusal("{\"a/b~\":1}");
        assertThat(unknown.code()).isEqualTo(ProblemCode.UNKNOWN_FIELD);
        assertThat(unknown.errors().get(0).pointer()).isEqualTo("/a~1b~0");
        assertThat(unknown.detail()).contains("items");
    }

    @Test
    void problemOfAConstructorIsPassedOn() {
        Problem problem = refusal("{\"items\":[{\"size\":-1}]}");
        assertThat(problem.code()).isEqualTo(ProblemCode.INVALID_VALUE);
        assertThat(problem.detail()).isEqualTo("size is not negative");
    }

    @Test
    void streamRefusesDuplicatesAndDepthWithPointer() {
        assertThat(streamRefusal("{\"a\":{\"b\":1,\"b\":2}}"))
                .satisfies(p -> assertThat(p.code()).isEqualTo(ProblemCode.DUPLICATE_FIELD))
                .satisfies(p -> assertThat(p.errors().get(0).pointer()).startsWith("/a"));
        assertThat(streamRefusal("[".repeat(65)).code()).isEqualTo(ProblemCode.MALFORMED_JSON);
        assertThat(streamRefusal("{\"a\":1e}").code()).isEqualTo(ProblemCode.MALFORMED_JSON);
    }

    @Test
    void onlyPlainUtf8IsRead() {
        StrictJson.requireUtf8(utf8(""), 0, 0);
        StrictJson.requireUtf8(utf8("1"), 0, 1);
        StrictJson.requireUtf8(utf8("{\"ü\":\"€\"}"), 0, utf8("{\"ü\":\"€\"}").length);
        for (var charset :
                List.of(
                        StandardCharsets.UTF_16,
                        StandardCharsets.UTF_16BE,
                        StandardCharsets.UTF_16LE,
                        java.nio.charset.Charset.forName("UTF-32BE"),
                        java.nio.charset.Charset.forName("UTF-32LE"))) {
            byte[] bytes = "{\"a\":1}".getBytes(charset);
            assertThatThrownBy(() -> StrictJson.requireUtf8(bytes, 0, bytes.length))
                    .as(charset.name())
                    .isInstanceOf(BusException.class)
                    .hasMessageContaining("malformed-encoding");
        }
    }

    private static Problem refusal(String json) {
        try {
            StrictJson.mapper().readValue(json, Box.class);
        } catch (JacksonException e) {
            return StrictJson.problem(e).problem();
        }
        throw new AssertionError("was read: " + json);
    }

    private static Problem streamRefusal(String json) {
        try (JsonParser parser =
                StrictJson.factory().createParser(ObjectReadContext.empty(), utf8(json))) {
            while (parser.nextToken() != null) {
                parser.currentToken();
            }
        } catch (JacksonException e) {
            return StrictJson.problem(e).problem();
        }
        throw new AssertionError("was read: " + json);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
