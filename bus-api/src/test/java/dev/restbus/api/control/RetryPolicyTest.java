package dev.restbus.api.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.Names;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {

    @Test
    void everyGroupHasADeadLetterTopicOfItsOwnWithANameThatIsAllowed() {
        String longest = "g".repeat(Names.MAX_LENGTH);
        String other = longest.substring(1) + "h";
        String fits = "g".repeat(245);
        assertThat(RetryPolicy.DEFAULT.deadLetterTopicOf("g")).isEqualTo("g.dlq");
        assertThat(RetryPolicy.DEFAULT.deadLetterTopicOf(fits)).isEqualTo(fits + ".dlq");
        for (String group : new String[] {longest, other, fits + "g"}) {
            String topic = RetryPolicy.DEFAULT.deadLetterTopicOf(group);
            assertThat(Names.require("topic", topic)).endsWith(".dlq");
            assertThat(topic).hasSizeLessThanOrEqualTo(Names.MAX_LENGTH);
        }
        assertThat(RetryPolicy.DEFAULT.deadLetterTopicOf(longest))
                .isNotEqualTo(RetryPolicy.DEFAULT.deadLetterTopicOf(other));
        assertThat(new RetryPolicy(1, 0, "mine").deadLetterTopicOf(longest)).isEqualTo("mine");
    }
}
