package dev.restbus.sample.ecommerce.invoice;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InputStream;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestPart;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartFile;

/** The import over REST. */
@RestController
@Tag(name = "Orders")
class ImportController {

    private final InvoiceImport imports;

    ImportController(InvoiceImport imports) {
        this.imports = imports;
    }

    /** Takes any other type as CSV too, curl's form type for one. */
    @PostMapping("/orders/import")
    @Operation(
            operationId = "importOrders",
            summary = "Import a CSV of invoice lines: one order event an invoice",
            description =
                    "Columns InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice,"
                            + " CustomerID, Country; lines of an invoice stand together.",
            requestBody =
                    @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            required = true,
                            content =
                                    @Content(
                                            mediaType = "text/csv",
                                            schema = @Schema(type = "string"))))
    @ApiResponse(responseCode = "200", description = "All invoices are on the bus")
    @ApiResponse(responseCode = "413", description = "The file is larger than 8 MiB")
    @ApiResponse(responseCode = "422", description = "A line is not valid; nothing was sent")
    @ApiResponse(responseCode = "503", description = "The bus did not take all of it")
    InvoiceImport.Imported importBody(HttpServletRequest request) throws IOException {
        return imports.run(request.getInputStream());
    }

    @PostMapping(path = "/orders/import", consumes = MediaType.MULTIPART_FORM_DATA_VALUE)
    @Operation(operationId = "importOrdersFile", summary = "The same as a form upload")
    InvoiceImport.Imported importFile(@RequestPart("file") MultipartFile file) throws IOException {
        try (InputStream body = file.getInputStream()) {
            return imports.run(body);
        }
    }
}
