package dev.restbus.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.springframework.mock.env.MockEnvironment;

class ReadyCardTest {

    @Test
    void showsThePortThatWasBoundAndFiveCommands() {
        MockEnvironment environment =
                new MockEnvironment().withProperty("local.server.port", "4711");

        String card = ReadyCard.card(environment);

        assertThat(card).contains("http://localhost:4711/swagger-ui.html").doesNotContain("Bearer");
        assertThat(card.lines().filter(line -> line.startsWith("  curl "))).hasSize(5);
    }

    @Test
    void addsTheTokenToEveryCommandWhereOneIsAskedFor() {
        MockEnvironment environment = new MockEnvironment().withProperty("bus.security", "token");

        assertThat(ReadyCard.card(environment).lines().filter(line -> line.startsWith("  curl")))
                .allMatch(line -> line.contains("Bearer $BUS_TOKEN"));
    }
}
