package dev.restbus.door.json;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;

class MemberNamesTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1",
                "\"a\"",
                "[]",
                "{}",
                "{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2}]}",
                "[[{\"x\":{}}],{\"x\":1}]"
            })
    void aNameMayStandAgainInAnotherObject(String json) {
        assertThat(findsDuplicate(json)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":1,\"a\":2}",
                "{\"a\":1,\"\\u0061\":2}",
                "[{\"b\":{\"c\":[],\"d\":{},\"c\":1}}]",
                "{\"a\":{\"a\":{}},\"a\":1}"
            })
    void aNameMayNotStandTwiceInOneObject(String json) {
        assertThat(findsDuplicate(json)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void agreesWithJacksonOnRandomDocuments(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 500; i++) {
            StringBuilder json = new StringBuilder();
            value(json, random, 0);
            assertThat(findsDuplicate(json.toString()))
                    .as("seed %d: %s", seed, json)
                    .isEqualTo(jacksonFindsDuplicate(json.toString()));
        }
    }

    /** Objects of up to 40 members from 400 names: many beyond the number that is compared. */
    private static void value(StringBuilder json, Random random, int depth) {
        int kind = depth > 3 ? 2 : random.nextInt(4);
        if (kind == 0) {
            json.append('{');
            int members = random.nextInt(40);
            for (int i = 0; i < members; i++) {
                json.append(i == 0 ? "" : ",").append("\"n").append(random.nextInt(400));
                json.append("\":");
                value(json, random, depth + 2);
            }
            json.append('}');
        } else if (kind == 1) {
            json.append('[');
            int elements = random.nextInt(5);
            for (int i = 0; i < elements; i++) {
                json.append(i == 0 ? "" : ",");
                value(json, random, depth + 1);
            }
            json.append(']');
        } else {
            json.append(random.nextInt(1_000));
        }
    }

    private static boolean findsDuplicate(String json) {
        try (JsonParser parser = parser(StrictJson.streaming(), json)) {
            parser.nextToken();
            new MemberNames().skip(parser);
            return false;
        } catch (BusException e) {
            assertThat(e.problem().code()).isEqualTo(ProblemCode.DUPLICATE_FIELD);
            return true;
        }
    }

    private static boolean jacksonFindsDuplicate(String json) {
        try (JsonParser parser = parser(StrictJson.factory(), json)) {
            parser.nextToken();
            parser.skipChildren();
            return false;
        } catch (StreamReadException e) {
            return true;
        }
    }

    private static JsonParser parser(JsonFactory factory, String json) {
        return factory.createParser(
                ObjectReadContext.empty(), json.getBytes(StandardCharsets.UTF_8));
    }
}
