import { openApi } from "./api-fixture.ts";
import { apiWorks } from "./journey.ts";

apiWorks(() => openApi());
