import { Body, Controller, Get, Post, Query, Req, Res, UseFilters } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { ClientResolver } from 'nestjs-dynamic-registration';
import type { Interaction, InteractionResults } from 'oidc-provider';
import { INTERACTION, ISSUER_PATH } from '../endpoints.js';
import { isAccount } from '../provider/accounts.js';
import { OidcProvider } from '../provider/oidc-provider.js';
import { consentPage } from './consent.page.js';
import { ConsentService } from './consent.service.js';
import { InteractionErrorFilter } from './interaction-error.filter.js';
import { loginPage } from './login.page.js';
import { rawRequest, rawResponse } from './node-http.js';
import { appTarget, onwardPage } from './onward.js';
import { PageResponse } from './page-response.js';

/** Login and consent: the provider sends a person here, and takes over again when there is a result. */
@Controller(`${ISSUER_PATH}${INTERACTION}/:uid`)
@UseFilters(InteractionErrorFilter)
@ApiExcludeController()
export class InteractionController {
  constructor(
    private readonly oidc: OidcProvider,
    private readonly consents: ConsentService,
    private readonly clients: ClientResolver,
    private readonly pages: PageResponse,
  ) {}

  @Get()
  async show(@Req() request: object, @Res() response: object, @Query('wrong') wrong?: string): Promise<void> {
    const interaction = await this.interaction(request, response);
    const text =
      interaction.prompt.name === 'consent'
        ? consentPage(await this.consents.describe(interaction))
        : loginPage(await this.clientName(interaction), wrong !== undefined);
    this.pages.show(response, 200, text, appTarget(interaction.params['redirect_uri']));
  }

  @Post()
  async answer(@Req() request: object, @Res() response: object, @Body() form: Record<string, unknown>): Promise<void> {
    const interaction = await this.interaction(request, response);
    const result = await this.resultOf(interaction, form ?? {});
    // Back to the page, which shows what is to be decided now.
    const wrong = interaction.prompt.name === 'login' ? '?wrong' : '';
    if (!result) return this.pages.redirect(response, `${ISSUER_PATH}${INTERACTION}/${interaction.uid}${wrong}`);
    const { provider } = this.oidc;
    const url = await provider.interactionResult(rawRequest(request), rawResponse(response), result);
    if (appTarget(interaction.params['redirect_uri']) !== undefined) return this.pages.redirect(response, url);
    this.pages.created(response, url, onwardPage(url));
  }

  /** @returns undefined for what decides nothing */
  private async resultOf(
    interaction: Interaction,
    form: Record<string, unknown>,
  ): Promise<InteractionResults | undefined> {
    if (form['action'] === 'deny') return { error: 'access_denied', error_description: 'the person did not consent' };
    if (interaction.prompt.name === 'consent') {
      return form['action'] === 'allow' ? this.consents.give(interaction, form['version']) : undefined;
    }
    if (!isAccount(form['username'], form['password'])) return undefined;
    return { login: { accountId: String(form['username']) } };
  }

  private async interaction(request: object, response: object): Promise<Interaction> {
    return this.oidc.provider.interactionDetails(rawRequest(request), rawResponse(response));
  }

  private async clientName({ params }: Interaction): Promise<string | undefined> {
    return (await this.clients.find(String(params['client_id'])))?.clientName ?? undefined;
  }
}
