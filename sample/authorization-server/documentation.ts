import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { OpenApiService } from 'nestjs-dynamic-registration';

/** All endpoints at /docs, and as JSON at /docs-json. The document is made when somebody first asks for it. */
export function serveDocumentation(app: INestApplication): void {
  const config = new DocumentBuilder().setTitle('Authorization server').setOpenAPIVersion('3.1.0').build();
  SwaggerModule.setup('docs', app, () => app.get(OpenApiService).addTo(SwaggerModule.createDocument(app, config)));
}
