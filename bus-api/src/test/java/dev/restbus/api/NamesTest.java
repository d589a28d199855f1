package dev.restbus.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {

    @ParameterizedTest
    @ValueSource(strings = {"a", "orders", "A-Z_0.9", "...", "_x", "__offsets", "-"})
    void namesOfKafkaAreValid(String name) {
        assertThat(Names.isValid(name)).isTrue();
        assertThat(Names.require("topic", name)).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a b", "a/b", "é", "a\n", "a:b", "a%2Fb", "\0"})
    void otherNamesAre422(String name) {
        assertThat(Names.isValid(name)).isFalse();
        assertInvalid(() -> Names.require("topic", name));
    }

    @Test
    void aNameHasAtMost249Characters() {
        assertThat(Names.isValid("x".repeat(249))).isTrue();
        assertThat(Names.isValid("x".repeat(250))).isFalse();
        assertThatThrownBy(() -> Names.require("topic", "y".repeat(5_000)))
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(300));
    }

    @Test
    void namesOfTheBusItselfAreNotForClients() {
        assertThat(Names.isInternal("__consumer_offsets")).isTrue();
        assertThat(Names.isInternal("_own")).isFalse();
        assertThat(Names.requireOwn("topic", "_own")).isEqualTo("_own");
        assertInvalid(() -> Names.requireOwn("topic", "__mine"));
    }

    private static void assertInvalid(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        BusException.class,
                        e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.INVALID_NAME));
    }
}
