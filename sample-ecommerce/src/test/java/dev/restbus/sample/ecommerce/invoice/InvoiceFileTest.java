package dev.restbus.sample.ecommerce.invoice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.restbus.sample.ecommerce.order.OrderEvent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InvoiceFileTest {

    private static final String HEADER =
            "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

    @Test
    void linesOfOneInvoiceAreOneOrder() {
        List<OrderEvent> orders =
                read(
                        """
                        1,A,"LAMP, ""RED\""",2,2010-12-01 08:26:00,2.50,17850.0,France
                        1,A,"LAMP, ""RED\""",2,2010-12-01 08:26:00,2.50,17850.0,France
                        1,B,,1,2010-12-01 08:27:00,0.0,17850.0,France
                        C2,A,LAMP,-1,2010-12-01 09:00:00,2.5,17850.0,France
                        3,A,LAMP,4,2010-12-01 09:01:00,1,,United Kingdom
                        """);

        assertThat(orders).extracting(OrderEvent::orderId).containsExactly("1", "C2", "3");
        assertThat(orders).extracting(OrderEvent::key).containsExactly("17850", "17850", "3");
        assertThat(orders)
                .extracting(OrderEvent::type)
                .containsExactly(
                        OrderEvent.Type.placed, OrderEvent.Type.cancelled, OrderEvent.Type.placed);
        assertThat(orders)
                .extracting(order -> order.total().toPlainString())
                .containsExactly("10.00", "-2.5", "4");
        assertThat(orders.get(0).lines()).hasSize(3);
        assertThat(orders.get(0).lines().get(0).description()).isEqualTo("LAMP, \"RED\"");
        assertThat(orders.get(0).lines().get(2).at()).hasToString("2010-12-01T08:27");
        assertThat(orders.get(0).placedAt()).hasToString("2010-12-01T08:26");
        assertThat(orders.get(2).customer()).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1,A,x,two,2010-12-01 08:26:00,1,1,F | 3 | Quantity or UnitPrice is not a number",
                "1,A,x,2,2010-12-01 08:26:00,cheap,1,F | 3 | Quantity or UnitPrice",
                "1,A,x,2,1 Dec 2010,1,1,F | 3 | InvoiceDate is not a time",
                "1,A,x,2,2010-12-01 08:26:00,1,smith,F | 3 | CustomerID is not a number",
                ",A,x,2,2010-12-01 08:26:00,1,1,F | 3 | InvoiceNo is missing",
                "1,A,x,2,2010-12-01 08:26:00,1,1 | 3 | 7 columns",
                "0,A,x,2,2010-12-01 08:26:00,1,2,F | 3 | has two customers",
                "1,A,\"x\"y,2,2010-12-01 08:26:00,1,1,F | 3 | not CSV",
            })
    void aBadLineIsNamed(String bad, long line, String why) {
        BadLineException thrown =
                catchThrowableOfType(
                        BadLineException.class,
                        () -> read("0,A,x,1,2010-12-01 08:26:00,1,1,F\n" + bad + "\n"));

        assertThat(thrown).hasMessageContaining(why);
        assertThat(thrown.line()).isEqualTo(line);
    }

    @Test
    void lineNumbersCountWhatIsWithinQuotes() {
        BadLineException thrown =
                catchThrowableOfType(
                        BadLineException.class,
                        () ->
                                read(
                                        """
                                        1,A,"two
                                        lines",1,2010-12-01 08:26:00,1,1,F
                                        1,A,x,none,2010-12-01 08:26:00,1,1,F
                                        """));

        assertThat(thrown.line()).isEqualTo(4);
    }

    @Test
    void anInvoiceThatBeginsTwiceIsBad() {
        BadLineException thrown =
                catchThrowableOfType(
                        BadLineException.class,
                        () ->
                                read(
                                        """
                                        1,A,x,1,2010-12-01 08:26:00,1,1,F
                                        2,A,x,1,2010-12-01 08:26:00,1,1,F
                                        1,A,x,1,2010-12-01 08:26:00,1,1,F
                                        """));

        assertThat(thrown.line()).isEqualTo(4);
    }

    @Test
    void aFileWithoutItsHeaderIsBad() {
        for (String file : List.of("", "1,A,x,1,2010-12-01 08:26:00,1,1,F\n")) {
            BadLineException thrown =
                    catchThrowableOfType(
                            BadLineException.class,
                            () ->
                                    InvoiceFile.read(
                                            file.getBytes(StandardCharsets.UTF_8), order -> {}));
            assertThat(thrown.line()).isEqualTo(1);
        }
    }

    @Test
    void bytesThatAreNotUtf8AreBad() {
        byte[] file =
                (HEADER + "1,A,\u00a3,1,2010-12-01 08:26:00,1,1,F\n")
                        .getBytes(StandardCharsets.ISO_8859_1);

        assertThat(
                        catchThrowableOfType(
                                BadLineException.class, () -> InvoiceFile.read(file, order -> {})))
                .hasMessageContaining("UTF-8");
    }

    @Test
    void aByteOrderMarkAndCarriageReturnsDoNotMatter() {
        List<OrderEvent> orders = new ArrayList<>();
        String file = "\ufeff" + HEADER + "1,A,\u00a3,1,2010-12-01 08:26:00,1,1,F\n\n";
        InvoiceFile.read(file.replace("\n", "\r\n").getBytes(StandardCharsets.UTF_8), orders::add);

        assertThat(orders).singleElement().satisfies(o -> assertThat(o.country()).isEqualTo("F"));
    }

    @Test
    void anEmptyFileWithAHeaderHasNoOrders() {
        assertThat(read("")).isEmpty();
    }

    private static List<OrderEvent> read(String lines) {
        List<OrderEvent> orders = new ArrayList<>();
        InvoiceFile.read((HEADER + lines).getBytes(StandardCharsets.UTF_8), orders::add);
        return orders;
    }
}
