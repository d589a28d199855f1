package dev.restbus.broker.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class BatchTokenTest {

    @Test
    void aTokenTellsWhatItWasMadeOf() {
        Random random = new Random(42);
        for (int i = 0; i < 200; i++) {
            BatchToken token = randomToken(random);
            assertThat(BatchToken.parse(token.text()))
                    .as("token %s of seed 42", i)
                    .isEqualTo(token);
        }
    }

    @Test
    void aTokenFitsIntoAQueryAsItIs() {
        assertThat(randomToken(new Random(7)).text()).matches("[A-Za-z0-9_-]+");
    }

    @Test
    void aHundredPartitionsOfATopicFitIntoAUrl() {
        List<BatchToken.Range> ranges = new ArrayList<>();
        UUID topicId = UUID.randomUUID();
        for (int p = 0; p < 100; p++) {
            ranges.add(new BatchToken.Range("orders", topicId, p, 3, 1_000_000_000L + p));
        }
        assertThat(new BatchToken("group", "member", 9, ranges).text()).hasSizeLessThan(2_000);
    }

    @Test
    void everyFlippedBitIsFound() {
        byte[] bytes = Base64.getUrlDecoder().decode(randomToken(new Random(1)).text());
        for (int bit = 0; bit < bytes.length * 8; bit++) {
            byte[] damaged = bytes.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            assertRefused(Base64.getUrlEncoder().withoutPadding().encodeToString(damaged));
        }
    }

    @Test
    void everyCutTokenIsRefused() {
        String text = randomToken(new Random(2)).text();
        for (int length = 0; length < text.length(); length++) {
            assertRefused(text.substring(0, length));
        }
    }

    @RepeatedTest(3)
    void noiseIsRefusedAndNothingElseHappens() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 5_000; i++) {
            byte[] noise = new byte[random.nextInt(80)];
            random.nextBytes(noise);
            String text =
                    random.nextBoolean()
                            ? Base64.getUrlEncoder().withoutPadding().encodeToString(noise)
                            : new String(noise, java.nio.charset.StandardCharsets.ISO_8859_1);
            assertThatThrownBy(() -> BatchToken.parse(text))
                    .as("seed %s", seed)
                    .isInstanceOf(BusException.class);
        }
    }

    @Test
    void anEndlessTokenIsRefused() {
        assertRefused("A".repeat(100_000));
    }

    private static void assertRefused(String text) {
        assertThatThrownBy(() -> BatchToken.parse(text))
                .isInstanceOfSatisfying(
                        BusException.class,
                        e ->
                                assertThat(e.problem().code())
                                        .isEqualTo(ProblemCode.INVALID_PARAMETER));
    }

    private static BatchToken randomToken(Random random) {
        List<BatchToken.Range> ranges = new ArrayList<>();
        int topics = random.nextInt(4);
        for (int t = 0; t < topics; t++) {
            UUID id = new UUID(random.nextLong(), random.nextLong());
            for (int p = 0; p <= random.nextInt(5); p++) {
                ranges.add(
                        new BatchToken.Range(
                                "topic-" + t,
                                id,
                                random.nextInt(256),
                                random.nextInt(1_000),
                                random.nextLong() >>> 1));
            }
        }
        return new BatchToken(
                "group-" + random.nextInt(),
                "member." + random.nextInt(),
                random.nextInt(),
                ranges);
    }
}
