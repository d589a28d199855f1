package dev.restbus.door.security;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoopbackGateTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "LocalHost:8080",
                "127.0.0.1",
                "127.255.0.255:1",
                "[::1]",
                "[::1]:8080"
            })
    void loopback(String authority) {
        assertThat(LoopbackGate.isLoopbackAuthority(authority, 0)).isTrue();
        assertThat(LoopbackGate.isLoopbackOrigin("http://" + authority)).isTrue();
        assertThat(LoopbackGate.isLoopbackOrigin("https://" + authority)).isTrue();
        assertThat(LoopbackGate.isLoopbackOrigin("ftp://" + authority)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "localhost.evil.example",
                "evil.localhost.example",
                "127.0.0.1.evil.example",
                "127.0.0",
                "127.0.0.256",
                "127.0.0.x",
                "127.0.0.",
                "128.0.0.1",
                "0.0.0.0",
                "10.0.0.1:8080",
                "[::2]",
                "::1",
                "localhost:80x",
                "localhost:123456",
                "localhost:80:80",
                "user@evil.example"
            })
    void notLoopback(String authority) {
        assertThat(LoopbackGate.isLoopbackAuthority(authority, 0)).isFalse();
        assertThat(LoopbackGate.isLoopbackOrigin("http://" + authority)).isFalse();
    }
}
